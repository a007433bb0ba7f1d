import { assert, assertEquals } from "@std/assert";
import { IOStream, type IOStreamOptions, Socket } from "@denado/denado/tcp";
import { connectFrom } from "../../tcp/node_host.ts";
import { settle } from "../helpers/manual_clock.ts";
import { testStreams } from "../helpers/stream_suite.ts";

async function connect(options: { client?: IOStreamOptions; server?: IOStreamOptions }) {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const to = { family: "ipv4", hostname: "127.0.0.1", port: listener.addr.port } as const;
  const channel = await connectFrom({}, to, new AbortController().signal);
  return {
    client: new IOStream(channel, options.client),
    server: new IOStream(new Socket(await accepted), options.server),
  };
}

testStreams({ name: "node:net", transportBytes: 12 << 20, connect });

Deno.test("connectFrom fails with the reason of its signal", async () => {
  const controller = new AbortController();
  const to = { family: "ipv4", hostname: "192.0.2.1", port: 80 } as const;
  const connecting = connectFrom({}, to, controller.signal);
  const reason = new Error("enough");
  controller.abort(reason);
  const error = await connecting.catch((error) => error);
  assert(error === reason || error.code !== undefined, String(error));
  await settle();
  assertEquals(controller.signal.aborted, true);
});
