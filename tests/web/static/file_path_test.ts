import { assertEquals } from "@std/assert";
import { isInside, isPlainPath } from "../../../web/static/file_path.ts";

const POSIX = { windows: false };
const WINDOWS = { windows: true };

Deno.test("isInside is true of a folder and what is below it", () => {
  const table: [root: string, path: string, expected: boolean][] = [
    ["/srv/www", "/srv/www/a", true],
    ["/srv/www", "/srv/www", true],
    ["/srv/www/", "/srv/www", true],
    ["/srv/www/", "/srv/www/a/b", true],
    ["/srv/www", "/srv/www2", false],
    ["/srv/www", "/srv", false],
    ["/srv/www", "/srv/WWW/a", false],
    ["/srv/www", "/etc/passwd", false],
    ["/", "/etc/passwd", true],
    ["/", "/", true],
  ];
  for (const [root, path, expected] of table) assertEquals(isInside(root, path, POSIX), expected, `${root} ${path}`);
});

Deno.test("isInside compares paths of Windows in either case", () => {
  const table: [root: string, path: string, expected: boolean][] = [
    ["C:\\www", "C:\\www\\a", true],
    ["C:\\www", "c:\\WWW\\a", true],
    ["C:\\www", "C:\\www", true],
    ["C:\\", "C:\\a", true],
    ["C:\\www", "C:\\www2\\a", false],
    ["C:\\www", "D:\\www\\a", false],
    ["C:\\www", "\\\\host\\share\\a", false],
  ];
  for (const [root, path, expected] of table) assertEquals(isInside(root, path, WINDOWS), expected, `${root} ${path}`);
});

Deno.test("isPlainPath refuses NUL everywhere", () => {
  for (const form of [POSIX, WINDOWS]) {
    for (const path of ["\0", "a\0", "a/b\0.txt", "\0a"]) assertEquals(isPlainPath(path, form), false);
    for (const path of ["", "a", "a/b.txt", "..", "a/./b", ".well-known/x", "ü/€"]) {
      assertEquals(isPlainPath(path, form), true, path);
    }
  }
});

Deno.test("isPlainPath refuses what means something else on Windows, there only", () => {
  const forms = [
    "C:",
    "C:/a",
    "C:\\a",
    "a.txt:stream",
    "a.txt::$DATA",
    "CON",
    "con",
    "NUL.txt",
    "nul .txt",
    "a/AUX",
    "a\\prn.log",
    "COM1",
    "com9.x",
    "LPT1",
    "com\u00b9",
    "CONIN$",
    "conout$",
    "a.",
    "a ",
    "a./b",
    "...",
    "a/ /b",
    "a\x01",
    "a|b",
    "a?b",
    "a*",
    "//?/C:/a",
    "\\\\?\\C:\\a",
    "\\\\.\\pipe\\x:",
  ];
  for (const path of forms) {
    assertEquals(isPlainPath(path, WINDOWS), false, path);
    assertEquals(isPlainPath(path, POSIX), true, path);
  }
  for (const path of ["console", "nullable.txt", "com", "com10", "auxiliary/a", "a\\b", "..\\a", "lpt"]) {
    assertEquals(isPlainPath(path, WINDOWS), true, path);
  }
});
