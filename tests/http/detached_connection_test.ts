import { assertEquals, assertThrows } from "@std/assert";
import { DetachedConnection } from "../../http/detached_connection.ts";

Deno.test("DetachedConnection keeps the facts, and nothing to write to", async () => {
  const context = { remoteIp: "192.0.2.1", protocol: "https" };
  const connection = new DetachedConnection({ context, startTimeMs: 7 });
  assertEquals([connection.context, connection.startTimeMs, connection.closed], [context, 7, true]);
  for (const name of ["writeHeaders", "write", "finish", "writeInterim", "respond", "detach"] as const) {
    assertThrows(() => connection[name](), Error, "gone over to another protocol");
  }
  connection.abort();
  connection.setCloseCallback();
  connection.setMaxBodySize();
  connection.setBodyTimeoutMs();
  connection.setMinBodyRate();
  await connection.flushed();
  assertEquals([connection.signal.aborted, connection.maxBodySize, connection.requestTrailers], [false, 0, undefined]);
});
