import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { LogFile, type LogRotation, SizeRotation, TimeRotation } from "@denado/denado/ioloop";

async function inTempDir(fn: (folder: string) => unknown): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    await fn(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function read(folder: string): Record<string, string> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  return Object.fromEntries(names.map((name) => [name, Deno.readTextFileSync(`${folder}/${name}`)]));
}

Deno.test("LogFile creates its file when it is constructed, and shows each line at once", () =>
  inTempDir((folder) => {
    using file = new LogFile(`${folder}/log`);
    assertEquals(read(folder), { log: "" });
    file.write("é\n");
    assertEquals(read(folder), { log: "é\n" });
  }));

Deno.test("LogFile appends to what is there", () =>
  inTempDir((folder) => {
    Deno.writeTextFileSync(`${folder}/log`, "before\n");
    using file = new LogFile(`${folder}/log`);
    file.write("after\n");
    assertEquals(read(folder), { log: "before\nafter\n" });
  }));

Deno.test("LogFile opens again after it was closed", () =>
  inTempDir((folder) => {
    using file = new LogFile(`${folder}/log`);
    file.write("one\n");
    file.close();
    file.close();
    file.write("two\n");
    assertEquals(read(folder), { log: "one\ntwo\n" });
  }));

Deno.test("LogFile rotates by size, counting what was there before", () =>
  inTempDir((folder) => {
    Deno.writeTextFileSync(`${folder}/log`, "12345678\n");
    using file = new LogFile(`${folder}/log`, { rotation: new SizeRotation({ maxBytes: 10, backups: 2 }) });
    for (const line of ["a\n", "b\n", "éééé\n", "longer than allowed\n", "c\n"]) file.write(line);
    assertEquals(read(folder), { log: "c\n", "log.1": "longer than allowed\n", "log.2": "éééé\n" });
  }));

Deno.test("LogFile rotates by time", () =>
  inTempDir((folder) => {
    let now = new Date(2025, 0, 31, 9);
    const rotation = new TimeRotation({ when: "midnight" });
    using file = new LogFile(`${folder}/log`, { rotation, now: () => now.getTime() });
    file.write("friday\n");
    now = new Date(2025, 0, 31, 23, 59, 59);
    file.write("friday night\n");
    now = new Date(2025, 1, 3, 9);
    file.write("monday\n");
    now = new Date(2025, 1, 4);
    file.write("tuesday\n");
    assertEquals(read(folder), {
      log: "tuesday\n",
      "log.2025-01-31": "friday\nfriday night\n",
      "log.2025-02-03": "monday\n",
    });
  }));

Deno.test("LogFile rotates at once what was written last before the interval", () =>
  inTempDir((folder) => {
    Deno.writeTextFileSync(`${folder}/log`, "yesterday\n");
    Deno.utimeSync(`${folder}/log`, new Date(2025, 0, 30, 9), new Date(2025, 0, 30, 9));
    const now = new Date(2025, 0, 31, 9).getTime();
    using file = new LogFile(`${folder}/log`, { rotation: new TimeRotation(), now: () => now });
    file.write("today\n");
    assertEquals(read(folder), { log: "today\n", "log.2025-01-30": "yesterday\n" });
  }));

Deno.test("LogFile loses no line when the file cannot be put aside, and does not try again for each", () =>
  inTempDir((folder) => {
    let attempts = 0;
    const rotation: LogRotation = {
      begin: () => {},
      isDue: ({ fileBytes }) => fileBytes >= 4,
      rotate() {
        attempts++;
        throw new Error("not today");
      },
    };
    using file = new LogFile(`${folder}/log`, { rotation });
    file.write("1\n");
    file.write("2\n");
    const error = assertThrows(
      () => file.write("3\n"),
      Error,
      `Cannot put the log file ${folder}/log aside: not today`,
    );
    assertInstanceOf(error.cause, Error);
    file.write("4\n");
    assertThrows(() => file.write("5\n"));
    assertEquals(read(folder), { log: "1\n2\n3\n4\n5\n" });
    assertEquals(attempts, 2);
  }));

Deno.test("LogFile says why it cannot be opened", () =>
  inTempDir((folder) => {
    const error = assertThrows(() => new LogFile(`${folder}/none/log`), Error, `the log file ${folder}/none/log: `);
    assertInstanceOf(error.cause, Deno.errors.NotFound);
  }));

Deno.test({
  name: "LogFile says which permissions it lacks",
  permissions: { write: false },
  fn() {
    assertThrows(
      () => new LogFile("/somewhere/log"),
      Deno.errors.NotCapable,
      "run with --allow-write and --allow-read",
    );
  },
});
