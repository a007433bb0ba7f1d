/**
 * What `deno task bench:web` sends: one row here is one table of the report.
 *
 * @module
 */
import type { Workload } from "../http/workloads.ts";
import { routePaths } from "./routes.ts";

/** A workload, and what is special about it. */
export interface WebWorkload extends Workload {
  /** Peers that have nothing for it, by name, and why. */
  without?: Readonly<Record<string, string>>;
  /** Whether the most memory that the server took is reported too. */
  memory?: boolean;
}

const NO_STATIC = "its build on npm has no static files";

const GET: Pick<Workload, "method" | "headers" | "pipelineDepth"> = { method: "GET", headers: [], pipelineDepth: 1 };

function routing(count: number): WebWorkload {
  return {
    ...GET,
    name: `routes-${count}`,
    title: `${count.toLocaleString("en-US")} routes, asked in turns, half of them with a parameter`,
    program: `routes-${count}`,
    paths: routePaths(count),
    expectedBody: "Route 0",
  };
}

/** Every workload, in the order of the report. */
export const WEB_WORKLOADS: readonly WebWorkload[] = [
  routing(10),
  routing(100),
  routing(1000),
  { ...GET, name: "json", title: "JSON", program: "pages", path: "/json", expectedBody: '{"message":"Hello, world"' },
  {
    ...GET,
    name: "template",
    title: "A template with a table of 100 rows",
    program: "pages",
    path: "/table",
    expectedBody: "<td>Name 99</td>",
  },
  {
    ...GET,
    name: "static-1k",
    title: "A static file of 1 KB",
    program: "pages",
    path: "/static/1k.txt",
    expectedBody: "The end of 1k.txt",
    without: { oak: NO_STATIC },
  },
  {
    ...GET,
    name: "static-100k",
    title: "A static file of 100 KB",
    program: "pages",
    path: "/static/100k.txt",
    expectedBody: "The end of 100k.txt",
    without: { oak: NO_STATIC },
  },
  {
    ...GET,
    name: "static-100m",
    title: "A static file of 100 MB",
    program: "pages",
    path: "/static/100m.txt",
    connections: 4,
    expectedBody: "The end of 100m.txt",
    without: { oak: NO_STATIC },
    memory: true,
  },
  {
    ...GET,
    name: "form",
    title: "POST of a form with 8 fields",
    program: "pages",
    path: "/form",
    method: "POST",
    headers: ["Content-Type: application/x-www-form-urlencoded"],
    body: "name=Ada+Lovelace&born=1815&city=London&mother=Annabella&father=Lord+Byron&field=mathematics" +
      "&machine=Analytical+Engine&note=The+engine+might+compose+elaborate+and+scientific+pieces+of+music",
    expectedBody: "Hello, Ada Lovelace",
  },
  {
    ...GET,
    name: "gzip",
    title: "20 KB of JSON, compressed by gzip for each request",
    program: "gzip",
    path: "/records",
    headers: ["Accept-Encoding: gzip"],
    expectedBody: "ncoding: gzip", // of the head, whatever its case; the body is not text
    without: { oak: "it has no compression" },
  },
];
