/**
 * A client that sends exactly the bytes it is told and reads one response at a time, on a real socket.
 *
 * It has a parser of its own, which is small and believes nothing, so that a mistake of the server's is not hidden by
 * the same mistake here. Bytes are Latin-1 text throughout.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";

/** A response as it arrived. */
export interface RawResponse {
  readonly status: number;
  readonly reason: string;
  /** Values by name in lower case, in order. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** The body, decoded from chunks where it came in chunks; Latin-1. */
  readonly body: string;
  /** How the end of the body was found. */
  readonly framing: "none" | "length" | "chunked" | "close";
}

/** How a connection ended: the server closed its side, or reset the connection. */
export type RawEnd = "end" | "reset";

/** One connection to a server. */
export class RawClient implements Disposable {
  readonly #conn: Deno.TcpConn;
  #buffer = "";
  #end: RawEnd | undefined;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** Connects to a port of this machine. */
  static async connect(port: number): Promise<RawClient> {
    return new RawClient(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Sends text as Latin-1, or bytes. */
  async send(data: string | Uint8Array): Promise<void> {
    let bytes = typeof data === "string" ? latin1(data) : data;
    while (bytes.length > 0) bytes = bytes.subarray(await this.#conn.write(bytes));
  }

  /** Says that nothing more will be sent, and goes on reading. */
  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  /** Leaves. */
  close(): void {
    try {
      this.#conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // closed before
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Reads one response; interim ones too. `method` is that of the request, since HEAD has no body. */
  async read(method = "GET"): Promise<RawResponse> {
    const headEnd = await this.#find("\r\n\r\n");
    const [statusLine, ...lines] = this.#buffer.slice(0, headEnd).split("\r\n");
    this.#buffer = this.#buffer.slice(headEnd + 4);
    const match = /^HTTP\/1\.1 (\d{3}) ([^\r\n]*)$/.exec(statusLine!);
    assert(match !== null, `Not a status line: ${JSON.stringify(statusLine)}`);
    const headers = new Map<string, string[]>();
    for (const line of lines) {
      const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([^\r\n]*)$/.exec(line);
      assert(field !== null, `Not a field line: ${JSON.stringify(line)}`);
      const name = field[1]!.toLowerCase();
      headers.set(name, [...headers.get(name) ?? [], field[2]!]);
    }
    const status = Number(match[1]);
    return { status, reason: match[2]!, headers, ...await this.#readBody(status, headers, method) };
  }

  /** Sends a request and reads its response. */
  async request(text: string): Promise<RawResponse> {
    await this.send(text);
    return await this.read(text.slice(0, text.indexOf(" ")));
  }

  /** Reads until the connection ends, and tells what came and how it ended. */
  async readToEnd(): Promise<{ text: string; end: RawEnd }> {
    while (await this.#fill());
    const text = this.#buffer;
    this.#buffer = "";
    return { text, end: this.#end! };
  }

  /** Reads at least so many bytes, and takes them all. */
  async readBytes(count: number): Promise<string> {
    while (this.#buffer.length < count) assert(await this.#fill(), `Ended after ${this.#buffer.length} bytes`);
    const text = this.#buffer;
    this.#buffer = "";
    return text;
  }

  /** Asserts that nothing more comes and the connection ends without a reset. */
  async expectEnd(): Promise<void> {
    assertEquals(await this.readToEnd(), { text: "", end: "end" });
  }

  async #readBody(
    status: number,
    headers: ReadonlyMap<string, readonly string[]>,
    method: string,
  ): Promise<Pick<RawResponse, "body" | "framing">> {
    if (method === "HEAD" || status < 200 || status === 204 || status === 304) return { body: "", framing: "none" };
    const coding = headers.get("transfer-encoding");
    const lengths = headers.get("content-length");
    if (coding !== undefined) {
      assertEquals(coding, ["chunked"]);
      assertEquals(lengths, undefined, "Content-Length beside Transfer-Encoding");
      return { body: await this.#readChunks(), framing: "chunked" };
    }
    if (lengths === undefined) return { body: (await this.readToEnd()).text, framing: "close" };
    assertEquals(lengths.length, 1);
    return { body: await this.#take(Number(lengths[0])), framing: "length" };
  }

  async #readChunks(): Promise<string> {
    for (let body = "";;) {
      const line = await this.#take(await this.#find("\r\n"));
      await this.#take(2);
      assert(/^[0-9a-fA-F]+$/.test(line), `Not a chunk size: ${JSON.stringify(line)}`);
      const chunk = await this.#take(parseInt(line, 16));
      assertEquals(await this.#take(2), "\r\n");
      if (chunk === "") return body;
      body += chunk;
    }
  }

  async #take(count: number): Promise<string> {
    while (this.#buffer.length < count) assert(await this.#fill(), `Ended within a body: ${this.#end}`);
    const text = this.#buffer.slice(0, count);
    this.#buffer = this.#buffer.slice(count);
    return text;
  }

  async #find(delimiter: string): Promise<number> {
    for (;;) {
      const at = this.#buffer.indexOf(delimiter);
      if (at >= 0) return at;
      assert(await this.#fill(), `No response, ${this.#end} after ${JSON.stringify(this.#buffer.slice(0, 200))}`);
    }
  }

  async #fill(): Promise<boolean> {
    if (this.#end !== undefined) return false;
    const bytes = new Uint8Array(65536);
    try {
      const count = await this.#conn.read(bytes);
      if (count === null) this.#end = "end";
      else this.#buffer += fromLatin1(bytes.subarray(0, count));
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
      this.#end = "reset";
    }
    return this.#end === undefined;
  }
}

/** A response header that comes once, or `undefined`. */
export function header(response: RawResponse, name: string): string | undefined {
  const values = response.headers.get(name.toLowerCase()) ?? [];
  assert(values.length < 2, `${name} comes ${values.length} times`);
  return values[0];
}

function latin1(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

function fromLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
