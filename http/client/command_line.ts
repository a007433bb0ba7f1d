/**
 * Fetching from the command line, as `python -m tornado.httpclient` does it.
 *
 * The body is written as it arrives, byte by byte the same. A response with a bad code is printed like a good one, but the
 * status of the process says so.
 *
 * @module
 */

import { OptionError, OptionParser } from "../../ioloop/mod.ts";
import { SimpleAsyncHTTPClient, type StreamedHTTPResponse } from "./async_http_client.ts";

/** Where a command line writes. */
export interface CommandLineOutput {
  /** Takes headers and bodies. @default standard output */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Takes what goes wrong, line by line. @default standard error */
  readonly complain: (text: string) => void;
}

const STANDARD: CommandLineOutput = {
  async write(bytes) {
    for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
  },
  complain: (text) => console.error(text),
};

/**
 * Fetches the URLs that are given, one after the other, and prints them. Tornado: `tornado.httpclient.main`.
 *
 * @param args The arguments, without the name of the program. @default Deno.args
 * @param output Where to write.
 * @returns The exit status: 0 when all responses are good, 1 when one is not or there is none, 2 for wrong arguments.
 */
export async function main(
  args: readonly string[] = Deno.args,
  output: CommandLineOutput = STANDARD,
): Promise<number> {
  const options = new OptionParser({
    programName: "deno run --allow-net jsr:@denado/denado/httpclient",
    print: output.complain,
  })
    .define("print_headers", { default: false, group: "", help: "print the header fields" })
    .define("print_body", { default: true, group: "", help: "print the body" })
    .define("follow_redirects", { default: true, group: "", help: "go where redirects lead" })
    .define("validate_cert", { default: true, group: "", help: "check the certificates of servers" })
    .define("request_timeout", {
      type: "duration",
      default: 20_000,
      group: "",
      help: "how long it may take; 0 for ever",
    })
    .define("proxy_host", { type: "string", group: "", help: "host of an HTTP proxy" })
    .define("proxy_port", { type: "integer", group: "", help: "port of the proxy" });
  let urls: string[];
  try {
    urls = options.parseCommandLine(args);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    output.complain(error.message);
    return 2;
  }
  const { proxyHost, proxyPort } = options;
  using client = new SimpleAsyncHTTPClient({
    maxBodySize: Infinity,
    defaults: {
      followRedirects: options.followRedirects,
      validateCert: options.validateCert,
      requestTimeoutMs: options.requestTimeout,
      ...proxyHost === undefined ? {} : { proxyHost },
      ...proxyPort === undefined ? {} : { proxyPort },
    },
  });
  let status = 0;
  for (const url of urls) {
    try {
      const response = await client.fetch(url, { streamResponse: true, raiseError: false });
      if (response.error !== undefined) status = 1;
      await print(response, options, output);
    } catch (error) {
      output.complain(`Cannot fetch ${url}: ${error instanceof Error ? error.message : String(error)}`);
      status = 1;
    }
  }
  return status;
}

async function print(
  response: StreamedHTTPResponse,
  options: { readonly printHeaders: boolean; readonly printBody: boolean },
  output: CommandLineOutput,
): Promise<void> {
  if (options.printHeaders) {
    await output.write(new TextEncoder().encode(`HTTP ${response.code} ${response.reason}\n${response.headers}\n`));
  }
  if (!options.printBody) return await response.stream.cancel();
  for await (const chunk of response.stream) await output.write(chunk);
}
