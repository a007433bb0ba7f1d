import { assert, assertEquals, assertNotEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { versionOf } from "../../../web/static/content_version.ts";
import { FileCache, MAX_KEPT_SIZE, MAX_TOTAL_SIZE, SETTLE_MS } from "../../../web/static/file_cache.ts";

const encoder = new TextEncoder();

/** Runs a test in a folder of its own. */
async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "denado_cache_" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What was changed just now was, for this clock, changed long enough ago to be kept. */
function later(): number {
  return Date.now() + SETTLE_MS;
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

Deno.test("FileCache keeps a small file until it changes", () =>
  withFolder(async (folder) => {
    const cache = new FileCache(later);
    const path = `${folder}/a`;
    await Deno.writeTextFile(path, "one");
    using first = await cache.hold(path);
    using second = await cache.hold(path);
    assertEquals([text(first.known.content), first.known.version, first.file], [
      "one",
      versionOf(encoder.encode("one")),
      undefined,
    ]);
    assertStrictEquals(second.known.content, first.known.content);
    assert(cache.get(path, await Deno.stat(path)) !== undefined);

    await Deno.writeTextFile(path, "two");
    assertEquals(cache.get(path, await Deno.stat(path)), undefined);
    assertEquals(cache.size, 0);
    using third = await cache.hold(path);
    assertEquals(text(third.known.content), "two");
    assertEquals(cache.versionSync(path), versionOf(encoder.encode("two")));
    assert(cache.size > 0);
    cache.clear();
    assertEquals(cache.size, 0);
  }));

Deno.test("FileCache keeps nothing that has just changed, since it may change again without a trace", () =>
  withFolder(async (folder) => {
    let nowMs = 0;
    const cache = new FileCache(() => nowMs);
    const path = `${folder}/a`;
    await Deno.writeTextFile(path, "one");
    const { ctime, mtime } = await Deno.stat(path);
    const changedMs = Math.max(ctime!.getTime(), mtime!.getTime());
    for (const [afterMs, isKept] of [[0, false], [SETTLE_MS - 1, false], [SETTLE_MS, true]] as const) {
      nowMs = changedMs + afterMs;
      using held = await cache.hold(path);
      assertEquals([text(held.known.content), cache.size > 0], ["one", isKept]);
    }
  }));

Deno.test("FileCache keeps the version of a large file, and opens it each time", () =>
  withFolder(async (folder) => {
    const cache = new FileCache(later);
    const path = `${folder}/big`;
    const content = new Uint8Array(MAX_KEPT_SIZE + 1).fill(7);
    await Deno.writeFile(path, content);
    for (let round = 0; round < 2; round++) {
      using held = await cache.hold(path);
      assertEquals([held.known.content, held.known.version, held.known.info.size], [
        undefined,
        versionOf(content),
        content.length,
      ]);
      const start = new Uint8Array(4);
      assertEquals([await held.file!.read(start), [...start]], [4, [7, 7, 7, 7]]);
      assert(cache.size < MAX_KEPT_SIZE);
    }
    assertEquals(cache.versionSync(path), versionOf(content));
    assertEquals(new FileCache().versionSync(path), versionOf(content));
  }));

Deno.test("FileCache gives all who ask at the same time one reading", () =>
  withFolder(async (folder) => {
    const cache = new FileCache();
    const path = `${folder}/a`;
    await Deno.writeTextFile(path, "one");
    const held = await Promise.all(Array.from({ length: 20 }, () => cache.hold(path)));
    for (const { known } of held) assertStrictEquals(known.content, held[0]!.known.content);
    for (const one of held) one[Symbol.dispose]();

    const before = cache.hold(path);
    await Deno.writeTextFile(path, "other"); // what was begun before is not given to who asks afterwards
    using after = await cache.hold(path);
    (await before)[Symbol.dispose]();
    assertEquals(text(after.known.content), "other");
  }));

Deno.test("FileCache drops what was not used for longest when it is full", () =>
  withFolder(async (folder) => {
    const cache = new FileCache(later);
    const content = new Uint8Array(MAX_KEPT_SIZE);
    const count = MAX_TOTAL_SIZE / MAX_KEPT_SIZE / 2;
    const paths = Array.from({ length: count + 8 }, (_, index) => `${folder}/${index}`);
    for (const path of paths) await Deno.writeFile(path, content);
    const isKept = (path: string) => cache.get(path, Deno.statSync(path)) !== undefined;
    for (const path of paths) {
      (await cache.hold(path))[Symbol.dispose]();
      assert(cache.size <= MAX_TOTAL_SIZE);
      assert(isKept(paths[0]!)); // in use all the time
    }
    assert(!isKept(paths[1]!));
    assert(isKept(paths.at(-1)!));
  }));

Deno.test("FileCache passes on what the file system says of a missing file, and tells files apart", () =>
  withFolder(async (folder) => {
    const cache = new FileCache();
    await assertRejects(() => cache.hold(`${folder}/missing`), Deno.errors.NotFound);
    assertThrows(() => cache.versionSync(`${folder}/missing`), Deno.errors.NotFound);
    assertEquals(cache.size, 0);
    await Deno.writeTextFile(`${folder}/a`, "a");
    await Deno.writeTextFile(`${folder}/b`, "b");
    assertNotEquals(cache.versionSync(`${folder}/a`), cache.versionSync(`${folder}/b`));
  }));
