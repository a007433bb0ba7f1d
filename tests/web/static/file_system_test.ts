import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { isMissing, isReallyInside, readFilePart, statIfExists } from "../../../web/static/file_system.ts";

/** A folder with a file, links and another folder beside it. */
async function withFolder(test: (folder: string) => Promise<void> | void): Promise<void> {
  const top = await Deno.makeTempDir({ prefix: "denado_files_" });
  await Deno.mkdir(`${top}/root/sub`, { recursive: true });
  await Deno.writeTextFile(`${top}/root/file`, "0123456789");
  await Deno.writeTextFile(`${top}/outside`, "outside");
  await Deno.symlink("file", `${top}/root/inside`);
  await Deno.symlink("../outside", `${top}/root/outside`);
  await Deno.symlink("..", `${top}/root/up`);
  await Deno.symlink("loop", `${top}/root/loop`);
  await Deno.symlink("root", `${top}/link`);
  try {
    await test(top);
  } finally {
    await Deno.remove(top, { recursive: true });
  }
}

Deno.test("statIfExists follows links, and knows nothing of what is not there", () =>
  withFolder((top) => {
    assertEquals(statIfExists(`${top}/root/inside`)?.size, 10);
    assertEquals(statIfExists(`${top}/root/sub`)?.isDirectory, true);
    for (const path of ["root/none", "root/file/x", "root/loop", `root/${"x".repeat(300)}`]) {
      assertEquals(statIfExists(`${top}/${path}`), undefined, path);
    }
    assertThrows(() => statIfExists(`${top}/\0`), TypeError);
  }));

Deno.test("isMissing tells what is not there from what went wrong", () => {
  assert(isMissing(new Deno.errors.NotFound("x")));
  assert(isMissing(Object.assign(new Error("x"), { code: "ENAMETOOLONG" })));
  assert(!isMissing(new Deno.errors.PermissionDenied("x")));
  assert(!isMissing(new Error("x")));
});

Deno.test("isReallyInside looks where the links of both lead", () =>
  withFolder((top) => {
    const table: [folder: string, path: string, expected: boolean][] = [
      ["root", "root/file", true],
      ["root", "root/inside", true],
      ["link", "link/file", true],
      ["link", "root/file", true],
      ["root", "root/outside", false],
      ["root", "root/up/outside", false],
      ["root", "root/up/root/file", true],
      ["root/sub", "root/file", false],
    ];
    for (const [folder, path, expected] of table) {
      assertEquals(isReallyInside(`${top}/${folder}`, `${top}/${path}`), expected, `${folder} ${path}`);
    }
  }));

Deno.test("readFilePart gives pieces that stay as they are", () =>
  withFolder(async (top) => {
    const text = async (start: number, end?: number) =>
      new TextDecoder().decode((await Array.fromAsync(readFilePart(`${top}/root/file`, start, end)))[0]);
    assertEquals([await text(0), await text(3), await text(3, 5), await text(10), await text(5, 3)], [
      "0123456789",
      "3456789",
      "34",
      "",
      "",
    ]);
    await Deno.writeFile(`${top}/big`, new Uint8Array(200_000).map((_, index) => index >> 10));
    const pieces = await Array.fromAsync(readFilePart(`${top}/big`, 0));
    assert(pieces.length > 2);
    assertEquals(pieces.map((piece) => piece[0]), [0, 64, 128, 192].slice(0, pieces.length));
    await assertRejects(() => Array.fromAsync(readFilePart(`${top}/none`, 0)), Deno.errors.NotFound);
  }));
