// deno run --allow-net examples/tcp_chat.ts [port]
//
// A chat: whoever connects says a name, and from then on all see what anybody says. Try it with: telnet localhost 8888

import { IOLoop } from "@denado/denado/ioloop";
import { type IOStream, StreamBufferFullError, StreamClosedError, TCPServer } from "@denado/denado/tcp";

const MAX_LINE_BYTES = 1024;
const NAME_TIMEOUT_MS = 60_000;

class ChatServer extends TCPServer {
  readonly #guests = new Map<string, IOStream>();

  constructor() {
    // Who does not read what the others say is left behind by 64 KB, then dropped.
    super({ maxWriteBufferSize: 65536 });
  }

  override async handleStream(stream: IOStream): Promise<void> {
    let name = "";
    try {
      name = await this.#askName(stream);
      this.#guests.set(name, stream);
      this.#say(`* ${name} came in`);
      for (;;) this.#say(`${name}: ${await readLine(stream)}`);
    } catch (error) {
      if (!(error instanceof StreamClosedError)) throw error; // the guest has left
    } finally {
      if (this.#guests.delete(name)) this.#say(`* ${name} has left`);
    }
  }

  async #askName(stream: IOStream): Promise<string> {
    for (;;) {
      await stream.write("Your name? ");
      const name = await readLine(stream, NAME_TIMEOUT_MS);
      if (/^\w{1,20}$/.test(name) && !this.#guests.has(name)) return name;
      await stream.write("Letters and digits, please, and a name that nobody has.\r\n");
    }
  }

  #say(text: string): void {
    console.log(text);
    for (const stream of this.#guests.values()) {
      stream.write(`${text}\r\n`).catch((error) => {
        if (error instanceof StreamBufferFullError) stream.close(error);
        else if (!(error instanceof StreamClosedError)) throw error;
      });
    }
  }
}

/** A line without its end, and without control characters, which could play tricks on the others' terminals. */
async function readLine(stream: IOStream, timeoutMs?: number): Promise<string> {
  const limit = timeoutMs === undefined ? {} : { timeoutMs };
  const line = await stream.readUntil("\n", { maxBytes: MAX_LINE_BYTES, ...limit });
  // deno-lint-ignore no-control-regex -- these are the ones
  return new TextDecoder().decode(line).replace(/[\x00-\x1f\x7f-\x9f]/g, "").trim();
}

const server = new ChatServer();
server.listen(Number(Deno.args[0] ?? 8888), { address: "localhost" });
console.log(`Chat on localhost:${server.port}`);
await IOLoop.current().start();
