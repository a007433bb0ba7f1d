/**
 * Behind nginx, as servers usually are: kept connections, fields about the client, streams in both directions, upgrades.
 *
 * @module
 */

import {
  type HTTPConnection,
  HTTPHeaders,
  type HTTPMessageDelegate,
  HTTPServer,
  type HTTPServerConnectionDelegate,
  HTTPServerRequest,
  type RequestHead,
} from "@denado/denado/http";
import { bindUnixSocket, StreamClosedError } from "@denado/denado/tcp";
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { needs } from "../helpers/command.ts";
import { RawClient } from "../helpers/http_client.ts";
import { freePort } from "../helpers/ports.ts";

const OK = { code: 200, reason: "OK" };

interface Upstreams {
  readonly port: number;
  readonly socket: string;
}

/** A configuration that needs nothing outside of one folder. */
function configuration(folder: string, port: number, upstreams: Upstreams): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) =>
    `${name}_temp_path ${folder}/${name};`
  );
  const fields =
    "proxy_set_header Host $http_host; proxy_set_header X-Real-Ip $remote_addr; proxy_set_header X-Scheme $scheme;";
  return `
${Deno.uid() === 0 ? "user root;" : ""}
daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off; client_max_body_size 0; ${temporary.join(" ")}
  map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
  upstream denado { server 127.0.0.1:${upstreams.port}; keepalive 2; }
  upstream denado_unix { server unix:${upstreams.socket}; keepalive 2; }
  proxy_http_version 1.1;
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://denado; proxy_set_header Connection ""; ${fields} }
    location /unix { proxy_pass http://denado_unix; proxy_set_header Connection ""; ${fields} }
    location /forwarded {
      proxy_pass http://denado; proxy_set_header Connection ""; proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto https;
    }
    location /stream {
      proxy_pass http://denado; proxy_set_header Connection ""; proxy_buffering off; proxy_request_buffering off;
    }
    location /upgrade {
      proxy_pass http://denado; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
    }
  }
}
`;
}

/** A running nginx, which ends with the block. */
class Nginx implements AsyncDisposable {
  readonly port: number;
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;

  private constructor(port: number, child: Deno.ChildProcess, folder: string) {
    this.port = port;
    this.#child = child;
    this.#folder = folder;
  }

  static async start(upstreams: Upstreams): Promise<Nginx> {
    const folder = await Deno.makeTempDir({ prefix: "denado-nginx-" });
    const port = freePort();
    await Deno.writeTextFile(`${folder}/nginx.conf`, configuration(folder, port, upstreams));
    const child = new Deno.Command("nginx", {
      args: ["-p", folder, "-c", `${folder}/nginx.conf`, "-e", "stderr"],
      env: { PATH: `${Deno.env.get("PATH")}:/usr/sbin` },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const nginx = new Nginx(port, child, folder);
    await nginx.#listening();
    return nginx;
  }

  async #listening(): Promise<void> {
    let over = false;
    this.#child.status.then(() => over = true);
    for (;;) {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port: this.port })).close();
        return;
      } catch (error) {
        assertInstanceOf(error, Deno.errors.ConnectionRefused);
        assert(!over, "nginx has ended");
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

// --- the application ---

/** What a streamed exchange waits for, and tells. */
const stream = {
  received: Promise.withResolvers<string>(),
  left: Promise.withResolvers<void>(),
};

/** Answers parts of a body as they come. */
class StreamDelegate implements HTTPMessageDelegate {
  readonly #connection: HTTPConnection;

  constructor(connection: HTTPConnection) {
    this.#connection = connection;
  }

  headersReceived(): void {
    this.#connection.writeHeaders(OK, new HTTPHeaders(), "begin ");
  }

  async dataReceived(chunk: Uint8Array): Promise<void> {
    const text = new TextDecoder().decode(chunk);
    stream.received.resolve(text);
    await this.#connection.write(text);
  }

  finish(): void {
    this.#connection.finish();
  }

  onConnectionClose(): void {
    stream.left.resolve();
  }
}

/** Collects a body, and answers. */
class AnswerDelegate implements HTTPMessageDelegate {
  readonly #connection: HTTPConnection;
  #head: RequestHead | undefined;
  #size = 0;

  constructor(connection: HTTPConnection) {
    this.#connection = connection;
  }

  headersReceived(head: RequestHead): void {
    this.#head = head;
  }

  dataReceived(chunk: Uint8Array): void {
    this.#size += chunk.length;
  }

  finish(): void {
    const request = new HTTPServerRequest(this.#head!, this.#connection);
    if (request.path === "/upgrade") return void this.#upgrade();
    if (request.path === "/304") {
      return this.#connection.respond({ code: 304, reason: "Not Modified" }, new HTTPHeaders(), NOTHING);
    }
    const body = request.path === "/big"
      ? new Uint8Array(5_000_000)
      : new TextEncoder().encode(`${request.method} ${request.fullUrl()} ${request.remoteIp} ${this.#size}`);
    this.#connection.respond(OK, new HTTPHeaders({ "Content-Length": String(body.length) }), body);
  }

  async #upgrade(): Promise<void> {
    const headers = new HTTPHeaders({ Upgrade: "shout", Connection: "Upgrade" });
    this.#connection.respond({ code: 101, reason: "Switching Protocols" }, headers, NOTHING);
    const raw = this.#connection.detach();
    try {
      for (;;) await raw.write(new TextDecoder().decode(await raw.readUntil("\n")).toUpperCase());
    } catch (error) {
      assertInstanceOf(error, StreamClosedError);
    } finally {
      raw.close();
    }
  }

  onConnectionClose(): void {}
}

const NOTHING = new Uint8Array(0);

/** Streams below `/stream`, answers elsewhere. */
class AppDelegate implements HTTPMessageDelegate {
  readonly #connection: HTTPConnection;
  #delegate: HTTPMessageDelegate | undefined;

  constructor(connection: HTTPConnection) {
    this.#connection = connection;
  }

  headersReceived(head: RequestHead, headers: HTTPHeaders): void | Promise<void> {
    const Delegate = head.path.startsWith("/stream") ? StreamDelegate : AnswerDelegate;
    const delegate: HTTPMessageDelegate = this.#delegate = new Delegate(this.#connection);
    return delegate.headersReceived(head, headers);
  }

  dataReceived(chunk: Uint8Array): void | Promise<void> {
    return this.#delegate!.dataReceived(chunk);
  }

  finish(): void | Promise<void> {
    return this.#delegate!.finish();
  }

  onConnectionClose(): void {
    this.#delegate?.onConnectionClose();
  }
}

const app: HTTPServerConnectionDelegate = { startRequest: (_server, connection) => new AppDelegate(connection) };

const get = (path: string, fields = "") => `GET ${path} HTTP/1.1\r\nHost: www.example\r\n${fields}\r\n`;

Deno.test("HTTPServer behind nginx", needs("nginx"), async (t) => {
  const folder = await Deno.makeTempDir();
  {
    await using server = new HTTPServer(app, { xheaders: true, trustedDownstream: ["127.0.0.1"] });
    server.listen(0, { address: "127.0.0.1" });
    const socket = `${folder}/denado.sock`;
    server.addSocket(bindUnixSocket(socket));
    await using nginx = await Nginx.start({ port: server.port!, socket });
    using client = await RawClient.connect(nginx.port);

    await t.step("serves many requests on few connections", async () => {
      for (let round = 0; round < 30; round++) {
        assertEquals((await client.request(get("/a?b=c"))).body, "GET http://www.example/a?b=c 127.0.0.1 0");
      }
      assert(server.acceptedCount <= 2, `${server.acceptedCount} connections`);
    });

    await t.step("serves bodies of all kinds on them", async () => {
      for (const size of [0, 1, 100, 100_000, 3_000_000]) {
        const body = "x".repeat(size);
        const sized = await client.request(`POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n${body}`);
        assertEquals(sized.body, `POST http://a/p 127.0.0.1 ${size}`);
      }
      const chunks = "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
      assertEquals((await client.request(chunks)).body, "POST http://a/p 127.0.0.1 3");
      assertEquals((await client.request(get("/big"))).body.length, 5_000_000);
      assertEquals((await client.request(get("/big").replace("GET", "HEAD"))).headers.get("content-length"), [
        "5000000",
      ]);
      assertEquals((await client.request(get("/304"))).status, 304);
      assert(server.acceptedCount <= 2, `${server.acceptedCount} connections`);
    });

    await t.step("believes what it says about clients, and not what they say themselves", async () => {
      const forged = "X-Real-Ip: 6.6.6.6\r\nX-Scheme: https\r\n";
      assertEquals((await client.request(get("/", forged))).body, "GET http://www.example/ 127.0.0.1 0");
      const through = "X-Forwarded-For: 4.4.4.4\r\n"; // a proxy further away, which is trusted
      assertEquals(
        (await client.request(get("/forwarded", through))).body,
        "GET https://www.example/forwarded 4.4.4.4 0",
      );
    });

    await t.step("believes it on a Unix socket, too", async () => {
      for (let round = 0; round < 5; round++) {
        assertEquals((await client.request(get("/unix"))).body, "GET http://www.example/unix 127.0.0.1 0");
      }
    });

    await t.step("streams in both directions, and hears of a client that leaves", async () => {
      using streaming = await RawClient.connect(nginx.port);
      await streaming.send("POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\none");
      assertEquals(await stream.received.promise, "one"); // before the rest was sent
      let text = "";
      while (!text.includes("one")) text += await streaming.readBytes(1);
      await streaming.send("two");
      while (!text.endsWith("0\r\n\r\n")) text += await streaming.readBytes(1);
      assert(text.includes("two"), text);
      await streaming.send("POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n");
      await streaming.readBytes(1);
      streaming.close();
      await stream.left.promise;
    });

    await t.step("changes to another protocol", async () => {
      using upgraded = await RawClient.connect(nginx.port);
      await upgraded.send(get("/upgrade", "Upgrade: shout\r\nConnection: Upgrade\r\n"));
      const response = await upgraded.read();
      assertEquals([response.status, response.headers.get("upgrade")], [101, ["shout"]]);
      for (const line of ["hello\n", "again\n"]) {
        await upgraded.send(line);
        assertEquals(await upgraded.readBytes(6), line.toUpperCase());
      }
    });

    await t.step("goes on when connections end after some requests", async () => {
      await using brief = new HTTPServer(app, { maxRequestsPerConnection: 3, xheaders: true });
      brief.listen(0, { address: "127.0.0.1" });
      await using another = await Nginx.start({ port: brief.port!, socket });
      using patient = await RawClient.connect(another.port);
      for (let round = 0; round < 20; round++) assertEquals((await patient.request(get("/"))).status, 200);
      assert(brief.acceptedCount >= 7, `${brief.acceptedCount} connections`);
    });
  }
  await Deno.remove(folder, { recursive: true });
});
