/**
 * What the load generator sends: one row here is one table of the report.
 *
 * Each workload is one program of each peer, chosen by its `program`: a server with that one route, so that no peer pays
 * for a router that another does not have.
 *
 * @module
 */

/** What a server is for; each peer has one of each. */
export type Program = "hello" | "json" | "large" | "echo" | "form" | "cookie";

/** One kind of load. */
export interface Workload<ProgramName extends string = string> {
  /** Short name, for `--workload` and the JSON file. */
  name: string;
  /** Heading of its table. */
  title: string;
  /** The program of the peers that serves it. */
  program: ProgramName;
  method: string;
  /** Path and query. @default "/" */
  path?: string;
  /** Several paths instead, which the requests take in turns. */
  paths?: readonly string[];
  /** Header fields beside `Host`, as `Name: value`. */
  headers: readonly string[];
  body?: string;
  /** Requests sent at once on a connection before their responses are read. */
  pipelineDepth: number;
  /** Connections, where the workload is about their number; else `--connections` decides. */
  connections?: number;
  /** The body each response must have. */
  expectedBody: string;
}

const HELLO = {
  program: "hello",
  method: "GET",
  headers: [],
  pipelineDepth: 1,
  expectedBody: "Hello, world",
} as const;

const KILOBYTE = "0123456789abcdef".repeat(64);

/** Every workload, in the order of the report. */
export const WORKLOADS: readonly Workload<Program>[] = [
  { ...HELLO, name: "plain", title: "Hello, world" },
  { ...HELLO, name: "pipelined", title: "Hello, world, pipelined 16 deep", pipelineDepth: 16 },
  { ...HELLO, name: "crowd", title: "Hello, world, to a crowd", connections: 1000 },
  { ...HELLO, name: "json", title: "An object as JSON", program: "json", expectedBody: '{"message":"Hello, world"}' },
  { ...HELLO, name: "large", title: "100 KB of text", program: "large", expectedBody: "0123456789abcdef".repeat(6400) },
  {
    ...HELLO,
    name: "echo",
    title: "POST of 1 KB, sent back",
    program: "echo",
    method: "POST",
    headers: ["Content-Type: text/plain"],
    body: KILOBYTE,
    expectedBody: KILOBYTE,
  },
  {
    ...HELLO,
    name: "form",
    title: "POST of a form with 8 fields",
    program: "form",
    method: "POST",
    headers: ["Content-Type: application/x-www-form-urlencoded"],
    body: "name=Ada+Lovelace&born=1815&city=London&mother=Annabella&father=Lord+Byron&field=mathematics" +
      "&machine=Analytical+Engine&note=The+engine+might+compose+elaborate+and+scientific+pieces+of+music",
    expectedBody: "Hello, Ada Lovelace",
  },
  {
    ...HELLO,
    name: "headers",
    title: "30 header fields, one of them a Cookie of 4 KB, from which one cookie is read",
    program: "cookie",
    headers: [
      ...Array.from({ length: 28 }, (_, at) => `X-Application-Field-${at}: a value of some length, number ${at}`),
      `Cookie: ${
        Array.from({ length: 40 }, (_, at) => `cookie${at}=${"0123456789".repeat(9)}`).join("; ")
      }; session=Ada`,
    ],
    expectedBody: "Hello, Ada",
  },
];

/**
 * The request as bytes on the wire, `count` times, the last with `Connection: close`: what the checks before measuring send.
 */
export function requestText(workload: Workload, host: string, count: number): string {
  const head = [
    `${workload.method} ${workload.path ?? workload.paths?.[0] ?? "/"} HTTP/1.1`,
    `Host: ${host}`,
    ...workload.headers,
  ];
  const body = workload.body ?? "";
  if (workload.body !== undefined) {
    head.push(`Content-Length: ${new TextEncoder().encode(body).length}`);
  }
  const request = `${head.join("\r\n")}\r\n\r\n${body}`;
  const last = `${head.join("\r\n")}\r\nConnection: close\r\n\r\n${body}`;
  return request.repeat(count - 1) + last;
}
