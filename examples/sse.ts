// deno run --allow-net examples/sse.ts [port]
//
// Server-sent events: a page that shows the server's time as it passes, and how many others look at it. When the
// connection breaks the browser makes a new one by itself and says what it saw last.

import { Application, RequestHandler } from "@denado/denado";
import { Queue } from "@denado/denado/ioloop";
import type { ServerSentEvent } from "@denado/denado/web";

/**
 * Who looks: events for everybody go into these queues. A page that takes none for a minute is behind, and misses some.
 */
const watchers = new Set<Queue<ServerSentEvent>>();

function tellAll(event: ServerSentEvent): void {
  for (const queue of watchers) if (!queue.full()) queue.putNowait(event);
}

class EventsHandler extends RequestHandler {
  override async get() {
    const queue = new Queue<ServerSentEvent>(60);
    const missed = Math.floor(Date.now() / 1000) - Number(this.lastEventId ?? NaN);
    if (missed > 1) queue.putNowait({ event: "missed", data: missed });
    watchers.add(queue);
    tellAll({ event: "watchers", data: watchers.size });
    try {
      await this.writeEvents(queue, { retryMs: 1000 });
    } finally {
      watchers.delete(queue);
      tellAll({ event: "watchers", data: watchers.size });
    }
  }
}

class PageHandler extends RequestHandler {
  override get() {
    this.write(PAGE);
  }
}

const PAGE = `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <link rel="icon" href="data:,">
  <title>The time</title>
  <style>
    body { font: 20px/1.4 system-ui; display: grid; place-content: center; min-height: 100vh; margin: 0;
      text-align: center; background: #14213d; color: #e5e5e5 }
    #time { font-size: 20vw; font-weight: 200; font-variant-numeric: tabular-nums; color: #fca311 }
  </style>
  <output id="time">…</output>
  <p><span id="watchers">1</span> looking at it. <span id="missed"></span></p>
  <script>
    const events = new EventSource("/events");
    const show = (id) => (event) => document.getElementById(id).textContent = event.data;
    events.addEventListener("time", show("time"));
    events.addEventListener("watchers", show("watchers"));
    events.addEventListener("missed", (event) => show("missed")({ data: "You missed " + event.data + " seconds." }));
  </script>
</html>
`;

setInterval(() => {
  const now = new Date();
  tellAll({ event: "time", data: now.toLocaleTimeString("en-GB"), id: String(Math.floor(now.getTime() / 1000)) });
}, 1000);

const app = new Application([["/", PageHandler], ["/events", EventsHandler]]);
const server = app.listen(Number(Deno.args[0] ?? 8888));
console.log(`Open http://localhost:${server.port}/`);
