/**
 * A server that does exactly what a test tells it, byte by byte, on a real socket: for clients that must cope with
 * everything a peer may do. Bytes are Latin-1 text.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** What a connection of a {@linkcode ScriptedServer} does; it is closed when the script has ended. */
export type Script = (peer: ScriptedPeer) => Promise<void> | void;

/** How to listen. */
export interface ScriptedServerOptions {
  /** Speaks TLS with this certificate. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Listens on a Unix socket. */
  readonly path?: string;
}

/** Listens on a port of this machine; `await using` ends it, and fails if a script has failed. */
export class ScriptedServer implements AsyncDisposable {
  /** The heads of all requests that scripts have read, in order. */
  readonly heads: string[] = [];
  /** How many connections came. */
  connections = 0;
  readonly #listener: Deno.Listener;
  readonly #scripts = new Set<Promise<void>>();
  readonly #peers = new Set<ScriptedPeer>();
  readonly #failures: unknown[] = [];
  readonly #accepting: Promise<void>;

  constructor(script: Script, options: ScriptedServerOptions = {}) {
    const { tls, path } = options;
    const address = { hostname: "127.0.0.1", port: 0 };
    this.#listener = path !== undefined
      ? Deno.listen({ transport: "unix", path })
      : tls === undefined
      ? Deno.listen(address)
      : Deno.listenTls({ ...address, ...tls });
    this.#accepting = this.#accept(script);
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  /** The origin, for `http`. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async #accept(script: Script): Promise<void> {
    for (;;) {
      let conn: Deno.Conn;
      try {
        conn = await this.#listener.accept();
      } catch (error) {
        if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
        continue; // a TLS handshake or a connection that failed
      }
      const peer = new ScriptedPeer(conn, this.connections++, this.heads);
      this.#peers.add(peer);
      const running = this.#run(script, peer);
      this.#scripts.add(running);
      running.then(() => this.#scripts.delete(running));
    }
  }

  async #run(script: Script, peer: ScriptedPeer): Promise<void> {
    try {
      await script(peer);
    } catch (error) {
      if (!(error instanceof PeerLeft)) this.#failures.push(error);
    }
    peer.close();
    this.#peers.delete(peer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const peer of this.#peers) peer.close();
    await Promise.all(this.#scripts);
    if (this.#failures.length > 0) throw new AggregateError(this.#failures, "Scripts failed");
  }
}

/** The client has left while the script wanted something of it; this ends the script. */
export class PeerLeft extends Error {}

/** One connection, as its script sees it. */
export class ScriptedPeer {
  readonly conn: Deno.Conn;
  /** 0 for the first connection. */
  readonly index: number;
  readonly #heads: string[];
  #buffer = "";

  constructor(conn: Deno.Conn, index: number, heads: string[]) {
    this.conn = conn;
    this.index = index;
    this.#heads = heads;
  }

  /** Reads a request's head, with its empty line. @throws {PeerLeft} at the end of the connection */
  async readHead(): Promise<string> {
    const head = await this.tryReadHead();
    if (head === undefined) throw new PeerLeft();
    return head;
  }

  /** As {@linkcode readHead}, but `undefined` at the end of the connection. */
  async tryReadHead(): Promise<string | undefined> {
    for (;;) {
      const end = this.#buffer.indexOf("\r\n\r\n");
      if (end >= 0) {
        const head = this.#buffer.slice(0, end + 4);
        this.#buffer = this.#buffer.slice(end + 4);
        this.#heads.push(head);
        return head;
      }
      if (!await this.#fill()) return undefined;
    }
  }

  /** Reads so many bytes. */
  async read(count: number): Promise<string> {
    while (this.#buffer.length < count) {
      if (!await this.#fill()) throw new PeerLeft();
    }
    const text = this.#buffer.slice(0, count);
    this.#buffer = this.#buffer.slice(count);
    return text;
  }

  /** Reads so many bytes and drops them. */
  async skip(count: number): Promise<void> {
    for (let left = count - this.#buffer.length;;) {
      this.#buffer = "";
      if (left <= 0) return;
      if (!await this.#fill()) throw new PeerLeft();
      left -= this.#buffer.length;
    }
  }

  /** Reads up to and including a text. */
  async readUntil(text: string): Promise<string> {
    while (!this.#buffer.includes(text)) {
      if (!await this.#fill()) throw new PeerLeft();
    }
    return await this.read(this.#buffer.indexOf(text) + text.length);
  }

  /** Reads a request with the body that its Content-Length announces. */
  async readRequest(): Promise<{ head: string; body: string }> {
    const head = await this.readHead();
    const length = /^content-length: *(\d+)/im.exec(head);
    return { head, body: length === null ? "" : await this.read(Number(length[1])) };
  }

  /** Sends text as Latin-1, or bytes. @throws {PeerLeft} if the client is gone */
  async send(data: string | Uint8Array): Promise<void> {
    let bytes: Uint8Array = typeof data === "string" ? Buffer.from(data, "latin1") : data;
    try {
      while (bytes.length > 0) bytes = bytes.subarray(await this.conn.write(bytes));
    } catch (error) {
      throw new PeerLeft(undefined, { cause: error });
    }
  }

  /** Resolves when the client has closed the connection; whatever it sends until then is dropped. */
  async ended(): Promise<void> {
    do this.#buffer = ""; while (await this.#fill());
  }

  /** Closes the connection. */
  close(): void {
    try {
      this.conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // closed before
    }
  }

  async #fill(): Promise<boolean> {
    const bytes = new Uint8Array(65536);
    try {
      const count = await this.conn.read(bytes);
      if (count === null) return false;
      this.#buffer += Buffer.from(bytes.buffer, 0, count).toString("latin1");
      return true;
    } catch {
      return false; // reset by the client, or closed at the end of the test
    }
  }
}
