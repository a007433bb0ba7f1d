/**
 * The frameworks that are compared.
 *
 * @module
 */
import { denadoVersion, denoPeer, npmVersion, type Peer, type ReadyPeer, tornadoPeer } from "../http/peers.ts";

const path = (file: string) => `${import.meta.dirname}/${file}`;

/** Every peer, in the order of the report. The first is the one the ratios are about. */
export const WEB_PEERS: readonly Peer[] = [
  denoPeer({ name: "denado", title: "Denado", path: path("denado_app.ts"), optional: false, version: denadoVersion }),
  denoPeer({
    name: "deno",
    title: "Deno.serve",
    path: path("deno_serve_app.ts"),
    optional: false,
    version: () => Promise.resolve(Deno.version.deno),
  }),
  denoPeer({
    name: "hono",
    title: "Hono",
    path: path("hono_app.ts"),
    optional: true,
    version: (path) => npmVersion(path, "hono"),
  }),
  denoPeer({
    name: "oak",
    title: "Oak (npm)",
    path: path("oak_app.ts"),
    optional: true,
    version: (path) => npmVersion(path, "@oakserver/oak"),
  }),
  denoPeer({
    name: "express",
    title: "Express",
    path: path("express_app.ts"),
    optional: true,
    version: (path) => npmVersion(path, "express"),
  }),
  tornadoPeer(path("tornado_app.py")),
];

/** A peer that is given the folder of static files as well. */
export function withFolder(peer: ReadyPeer, folder: string): ReadyPeer {
  return { ...peer, command: (port, program, denoFlags) => [...peer.command(port, program, denoFlags), folder] };
}
