import { assert, assertEquals } from "@std/assert";
import { type WebSocketClientConnection, websocketConnect } from "@denado/denado";
import { hasRedis } from "../helpers/redis_server.ts";

const hasNginx = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/bin/nginx"].some((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false; // not there
  }
});
const ignore = !hasNginx || !hasRedis;

/** The example as a child, ended in order, so that its own children end as well. */
class Cluster implements AsyncDisposable {
  readonly port: number;
  readonly #child: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #said = "";

  constructor() {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = listener.addr.port;
    listener.close();
    const start = new URL("../../examples/chat_cluster/start.ts", import.meta.url).pathname;
    this.#child = new Deno.Command("timeout", {
      args: ["100", Deno.execPath(), "run", "-A", "--quiet", start, String(this.port), "3"],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#reader = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  async says(text: string): Promise<void> {
    while (!this.#said.includes(text)) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error(`It ended before it said ${text}: ${this.#said}`);
      this.#said += value;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#reader.cancel();
    await this.#child.status;
  }
}

/** Somebody in the room, who keeps the numbers that are said there. */
class Guest {
  readonly numbers: number[] = [];
  #connection!: WebSocketClientConnection;
  process = 0;
  closed!: Promise<void>;

  constructor(readonly port: number, readonly name: string) {}

  async enter(): Promise<this> {
    const url = `ws://127.0.0.1:${this.port}/chat/load?name=${this.name}`;
    this.#connection = await websocketConnect(url);
    let welcome;
    do welcome = JSON.parse(await this.#connection.readMessage() as string); // somebody else may enter meanwhile
     while (welcome.type !== "history");
    this.process = welcome.process;
    this.closed = this.#listen();
    return this;
  }

  async #listen(): Promise<void> {
    for await (const message of this.#connection) {
      const { type, text } = JSON.parse(message as string);
      if (type === "message") this.numbers.push(Number(text));
    }
  }

  async say(number: number): Promise<void> {
    await this.#connection.writeMessage(String(number));
  }

  async hears(number: number): Promise<void> {
    while (this.numbers.at(-1) !== number) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  async leave(): Promise<void> {
    this.#connection.close();
    await this.closed;
  }
}

Deno.test("chat_cluster example goes on when one of its processes is killed under load", { ignore }, async () => {
  await using cluster = new Cluster();
  await cluster.says("Open http://");
  const page = await fetch(`http://127.0.0.1:${cluster.port}/`);
  assert((await page.text()).includes("<title>Chat</title>"));

  const guests = await Promise.all(
    Array.from({ length: 12 }, (_, at) => new Guest(cluster.port, `guest${at}`).enter()),
  );
  const processes = new Set(guests.map(({ process }) => process));
  assertEquals(processes.size, 3, "nginx spreads the connections");
  const [speaker] = guests as [Guest];
  const victim = [...processes].find((process) => process !== speaker.process)!;
  const [lost, others] = [
    guests.filter(({ process }) => process === victim),
    guests.filter(({ process }) => process !== victim),
  ];

  let number = 0;
  let over = false;
  const speaking = (async () => {
    while (!over) {
      await speaker.say(++number);
      await speaker.hears(number);
    }
  })();
  while (number < 50) await new Promise((resolve) => setTimeout(resolve, 1));
  Deno.kill(victim, "SIGKILL");
  await Promise.all(lost.map((guest) => guest.closed));
  const killedAt = number;
  await Promise.all(lost.map((guest) => guest.enter())); // at once, by way of nginx, to the others
  assert(lost.every((guest) => guest.process !== victim));
  while (number < killedAt + 50) await new Promise((resolve) => setTimeout(resolve, 1));
  over = true;
  await speaking;
  await Promise.all(guests.map((guest) => guest.hears(number)));

  const all = Array.from({ length: number }, (_, at) => at + 1);
  for (const guest of others) assertEquals(guest.numbers, all, "nothing is lost or doubled for those elsewhere");
  for (const guest of lost) assert(guest.numbers.every((one, at) => at === 0 || one > guest.numbers[at - 1]!));
  await cluster.says(`Process ${victim} has ended, and is started again`);
  await Promise.all(guests.map((guest) => guest.leave()));
});
