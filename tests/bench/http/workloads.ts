/**
 * What the load generator sends: one row here is one table of the report.
 *
 * A new row needs a route in each peer program that serves it.
 *
 * @module
 */

/** One kind of load. */
export interface Workload {
  /** Short name, for `--workload` and the JSON file. */
  name: string;
  /** Heading of its table. */
  title: string;
  method: string;
  path: string;
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
  method: "GET",
  path: "/",
  headers: [],
  expectedBody: "Hello, world",
} as const;

/** Every workload, in the order of the report. */
export const WORKLOADS: readonly Workload[] = [
  { ...HELLO, name: "plain", title: "Hello, world", pipelineDepth: 1 },
  {
    ...HELLO,
    name: "pipelined",
    title: "Hello, world, pipelined 16 deep",
    pipelineDepth: 16,
  },
];

/**
 * The request as bytes on the wire, `count` times, the last with `Connection: close`: what the checks before measuring send.
 */
export function requestText(workload: Workload, host: string, count: number): string {
  const head = [`${workload.method} ${workload.path} HTTP/1.1`, `Host: ${host}`, ...workload.headers];
  const body = workload.body ?? "";
  if (workload.body !== undefined) {
    head.push(`Content-Length: ${new TextEncoder().encode(body).length}`);
  }
  const request = `${head.join("\r\n")}\r\n\r\n${body}`;
  const last = `${head.join("\r\n")}\r\nConnection: close\r\n\r\n${body}`;
  return request.repeat(count - 1) + last;
}
