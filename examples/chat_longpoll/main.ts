// deno run --allow-net --allow-read=examples/chat_longpoll examples/chat_longpoll/main.ts [port]
//
// A chat by long polling: a browser asks for news, and is answered when there are some. For clients and proxies that
// have nothing better; server-sent events (examples/sse.ts) and WebSockets take less.

import { Application, HTTPError, RequestHandler } from "@denado/denado";
import { Condition } from "@denado/denado/ioloop";

interface Message {
  readonly id: number;
  readonly name: string;
  readonly text: string;
}

/** The last messages, and those who wait for more. */
class MessageBuffer {
  readonly arrived = new Condition();
  #messages: Message[] = [];
  #lastId = 0;

  add(name: string, text: string): Message {
    const message = { id: ++this.#lastId, name, text };
    this.#messages = [...this.#messages.slice(-199), message];
    this.arrived.notifyAll();
    return message;
  }

  since(id: number): Message[] {
    return this.#messages.filter((message) => message.id > id);
  }
}

const buffer = new MessageBuffer();
/** Well below the minute after which proxies give a request up. */
const POLL_TIMEOUT_MS = 30_000;

class PageHandler extends RequestHandler {
  override async get() {
    this.xsrfToken; // sets the cookie, which the page sends back as a header
    this.write(await Deno.readFile(new URL("index.html", import.meta.url)));
  }
}

class NewMessageHandler extends RequestHandler {
  override post() {
    const name = this.getBodyArgument("name").slice(0, 20);
    const text = this.getBodyArgument("text").slice(0, 1000);
    if (name === "" || text === "") throw new HTTPError(400, { logMessage: "a message needs a name and a text" });
    this.write({ id: buffer.add(name, text).id });
  }
}

class UpdatesHandler extends RequestHandler {
  override async get() {
    const since = this.getQueryArgument("since", { type: "integer", default: 0 });
    const { signal } = this.request;
    let messages = buffer.since(since);
    if (messages.length === 0) {
      await buffer.arrived.wait({ timeoutMs: POLL_TIMEOUT_MS, signal }).catch((error) => {
        if (!signal.aborted) throw error; // the browser has left
      });
      messages = buffer.since(since);
    }
    this.setHeader("Cache-Control", "no-store");
    if (!signal.aborted) this.write({ messages });
  }
}

const app = new Application([
  ["/", PageHandler],
  ["/messages", NewMessageHandler],
  ["/updates", UpdatesHandler],
], { xsrfCookies: true });

const server = app.listen(Number(Deno.args[0] ?? 8888));
console.log(`Open http://localhost:${server.port}/ in two windows`);
