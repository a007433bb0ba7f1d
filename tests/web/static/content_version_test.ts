import { assertEquals, assertNotEquals } from "@std/assert";
import {
  MAX_HASHED_SIZE,
  versionOf,
  versionOfAsyncPieces,
  versionOfFile,
  versionOfPieces,
  versionOfState,
} from "../../../web/static/content_version.ts";

const encoder = new TextEncoder();
const ROBOTS = "User-agent: *\nDisallow: /\n";
/** As in Tornado's tests. */
const ROBOTS_VERSION = "63a36e950e134b5217e33c763e88840c10a07d80e6057d92b9ac97508de7fb1f" +
  "a6f0e9b7531e169657165ea764e8963399cb6d921ffe6078425aaafe54c04563";

Deno.test("versions of content are its SHA-512, whether it is whole, in pieces or in a file", async () => {
  const pieces = ["User-agent", ": *\n", "", "Disallow: /\n"].map((text) => encoder.encode(text));
  assertEquals(versionOf(encoder.encode(ROBOTS)), ROBOTS_VERSION);
  assertEquals(versionOfPieces(pieces), ROBOTS_VERSION);
  assertEquals(await versionOfAsyncPieces(ReadableStream.from(pieces)), ROBOTS_VERSION);

  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, ROBOTS);
  using file = await Deno.open(path);
  assertEquals(await versionOfFile(file, await file.stat()), ROBOTS_VERSION);
  assertEquals(await file.read(new Uint8Array(1)), null, "it stands at its end");
  await Deno.remove(path);
});

Deno.test("version of a huge file is made from its size and times, without reading it", async () => {
  const path = await Deno.makeTempFile();
  using file = await Deno.open(path, { write: true, read: true });
  await file.truncate(MAX_HASHED_SIZE + 1);
  const info = await file.stat();
  assertEquals(await versionOfFile(file, info), versionOfState(info));
  assertEquals(await file.seek(0, Deno.SeekMode.Current), 0);
  assertNotEquals(versionOfState({ ...info, size: info.size + 1 }), versionOfState(info));
  assertNotEquals(versionOfState({ ...info, ctime: new Date(Date.now() + 1000) }), versionOfState(info));
  assertNotEquals(versionOfState({ ...info, ino: 1 }), versionOfState(info));
  await Deno.remove(path);
});
