import { guessMediaType } from "@denado/denado/web";
import { assertEquals } from "@std/assert";

const TYPES: Record<string, string> = {
  "a.txt": "text/plain",
  "a.html": "text/html",
  "a.HTML": "text/html",
  "/x/y.z/a.css": "text/css",
  "a.js": "text/javascript",
  "a.mjs": "text/javascript",
  "a.json": "application/json",
  "a.svg": "image/svg+xml",
  "a.wasm": "application/wasm",
  "a.woff2": "font/woff2",
  "a.gz": "application/gzip",
  "a.tar.gz": "application/gzip",
  "a.tgz": "application/gzip",
  "a.svgz": "application/gzip",
  "a.xml.bz2": "application/octet-stream",
  "a.xz": "application/octet-stream",
  "a.Z": "application/octet-stream",
  "a.css.br": "application/octet-stream",
  "a.css.zst": "application/octet-stream",
  "LICENSE": "application/octet-stream",
  "a.unknown-extension": "application/octet-stream",
  "dir.txt/file": "application/octet-stream",
  "": "application/octet-stream",
};

Deno.test("guessMediaType goes by the last extension, and takes compressed files as they are", () => {
  for (const [path, type] of Object.entries(TYPES)) assertEquals(guessMediaType(path), type, path);
});
