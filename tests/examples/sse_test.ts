import { assert, assertEquals, assertMatch } from "@std/assert";
import { ExampleProcess } from "../helpers/example_process.ts";

/** Reads events of a response one by one. */
async function* events(response: Response): AsyncGenerator<Record<string, string>, void, void> {
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      yield Object.fromEntries(text.slice(0, end).split("\n").map((line) => line.split(": ", 2)));
      text = text.slice(end + 2);
    }
  }
}

Deno.test("sse example tells the time and the number of watchers, and what a client missed", async () => {
  await using example = new ExampleProcess("sse.ts", ["--allow-net"], ["0"]);
  const [, url] = await example.says(/Open (http:\S+)\n/);
  const page = await (await fetch(url!)).text();
  assert(page.includes('new EventSource("/events")'));

  const leave = new AbortController();
  const first = events(await fetch(`${url}events`, { signal: leave.signal }));
  assertEquals((await first.next()).value, { retry: "1000" });
  assertEquals((await first.next()).value, { event: "watchers", data: "1" });
  const { value: time } = await first.next();
  assertEquals(time!.event, "time");
  assertMatch(time!.data!, /^\d\d:\d\d:\d\d$/);

  const again = await fetch(`${url}events`, { headers: { "Last-Event-ID": String(Number(time!.id) - 100) } });
  const second = events(again);
  await second.next();
  const { value: missed } = await second.next();
  assert(missed!.event === "missed" && Number(missed!.data) >= 100);
  assertEquals((await second.next()).value, { event: "watchers", data: "2" });
  await second.return();

  for await (const { event, data } of first) if (event === "watchers" && data === "1") break;
  leave.abort();
});
