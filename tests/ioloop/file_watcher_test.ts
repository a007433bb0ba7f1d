import { assertEquals } from "@std/assert";
import { FileWatcher } from "../../ioloop/file_watcher.ts";

/** A folder, and a function that changes a file in it to a time of modification that it never had. */
async function inTempDir(fn: (folder: string, touch: (name: string) => void) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  let seconds = 1_000_000_000;
  const touch = (name: string): void => {
    Deno.writeTextFileSync(`${folder}/${name}`, "");
    Deno.utimeSync(`${folder}/${name}`, seconds, seconds);
    seconds++;
  };
  try {
    await fn(folder, touch);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("FileWatcher finds a file that was modified, once", () =>
  inTempDir(async (folder, touch) => {
    const watcher = new FileWatcher();
    touch("a");
    touch("b");
    watcher.add(`${folder}/a`, `${folder}/b`, `${folder}/b`);
    assertEquals(watcher.size, 2);
    assertEquals(await watcher.check(), undefined);
    assertEquals(await watcher.check(), undefined);
    touch("b");
    assertEquals(await watcher.check(), `${folder}/b`);
    assertEquals(await watcher.check(), undefined);
  }));

Deno.test("FileWatcher finds a file that is older than it was", () =>
  inTempDir(async (folder, touch) => {
    const watcher = new FileWatcher();
    watcher.add(`${folder}/a`);
    touch("a");
    await watcher.check();
    Deno.utimeSync(`${folder}/a`, 1, 1);
    assertEquals(await watcher.check(), `${folder}/a`);
  }));

Deno.test("FileWatcher ignores a missing file until it appears", () =>
  inTempDir(async (folder, touch) => {
    const watcher = new FileWatcher();
    watcher.add(`${folder}/a`);
    assertEquals(await watcher.check(), undefined);
    assertEquals(await watcher.check(), undefined);
    touch("a");
    assertEquals(await watcher.check(), `${folder}/a`);
  }));

Deno.test("FileWatcher ignores that a file vanishes, and compares it when it is back", () =>
  inTempDir(async (folder, touch) => {
    const watcher = new FileWatcher();
    touch("a");
    watcher.add(`${folder}/a`);
    await watcher.check();
    Deno.renameSync(`${folder}/a`, `${folder}/away`);
    assertEquals(await watcher.check(), undefined);
    Deno.renameSync(`${folder}/away`, `${folder}/a`);
    assertEquals(await watcher.check(), undefined, "the same file");
    Deno.removeSync(`${folder}/a`);
    await watcher.check();
    touch("a");
    assertEquals(await watcher.check(), `${folder}/a`, "a new one");
  }));

Deno.test({
  name: "FileWatcher skips a file that it may not read",
  permissions: { read: false },
  async fn() {
    const watcher = new FileWatcher();
    watcher.add("/somewhere/file");
    assertEquals(watcher.size, 0);
    assertEquals(await watcher.check(), undefined);
  },
});
