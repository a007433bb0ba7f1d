import { assertEquals, assertThrows } from "@std/assert";
import { SizeRotation, TimeRotation } from "@denado/denado/ioloop";

function inTempDir(fn: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    fn(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The files of a folder with their contents. */
function read(folder: string): Record<string, string> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  return Object.fromEntries(names.map((name) => [name, Deno.readTextFileSync(`${folder}/${name}`)]));
}

function write(folder: string, ...names: string[]): void {
  for (const name of names) Deno.writeTextFileSync(`${folder}/${name}`, name);
}

Deno.test("SizeRotation is due before the file reaches its size", () => {
  const rotation = new SizeRotation({ maxBytes: 10 });
  assertEquals(rotation.isDue({ fileBytes: 5, addedBytes: 4 }), false);
  assertEquals(rotation.isDue({ fileBytes: 5, addedBytes: 5 }), true);
  assertEquals(rotation.isDue({ fileBytes: 0, addedBytes: 50 }), false, "an empty file takes any line");
});

Deno.test("SizeRotation without a size or without backups is never due", () => {
  assertEquals(new SizeRotation({ maxBytes: 0 }).isDue({ fileBytes: 5, addedBytes: 5 }), false);
  assertEquals(new SizeRotation({ maxBytes: 1, backups: 0 }).isDue({ fileBytes: 5, addedBytes: 5 }), false);
});

Deno.test("SizeRotation has Tornado's defaults", () => {
  const rotation = new SizeRotation();
  assertEquals(rotation.isDue({ fileBytes: 99_999_998, addedBytes: 1 }), false);
  assertEquals(rotation.isDue({ fileBytes: 99_999_999, addedBytes: 1 }), true);
});

Deno.test("SizeRotation moves files up by one and drops the last", () =>
  inTempDir((folder) => {
    write(folder, "log", "log.1", "log.2", "log.3", "log.x", "other");
    new SizeRotation({ backups: 3 }).rotate(`${folder}/log`);
    assertEquals(read(folder), {
      "log.1": "log",
      "log.2": "log.1",
      "log.3": "log.2",
      "log.x": "log.x",
      other: "other",
    });
  }));

Deno.test("SizeRotation moves what is there", () =>
  inTempDir((folder) => {
    write(folder, "log", "log.2");
    new SizeRotation({ backups: 3 }).rotate(`${folder}/log`);
    assertEquals(read(folder), { "log.1": "log", "log.3": "log.2" });
  }));

interface DueCase {
  readonly when: string;
  readonly interval?: number;
  readonly from: Date;
  readonly due: Date;
}

// 31 January 2025 is a Friday.
const DUE: DueCase[] = [
  { when: "S", from: new Date(2025, 0, 31, 9, 5, 7), due: new Date(2025, 0, 31, 9, 5, 8) },
  { when: "M", interval: 5, from: new Date(2025, 0, 31, 9, 5, 7), due: new Date(2025, 0, 31, 9, 10, 7) },
  { when: "h", from: new Date(2025, 0, 31, 23, 5, 7), due: new Date(2025, 1, 1, 0, 5, 7) },
  { when: "D", from: new Date(2025, 0, 31, 9, 5, 7), due: new Date(2025, 1, 1, 9, 5, 7) },
  { when: "midnight", from: new Date(2025, 0, 31, 0, 0, 0), due: new Date(2025, 1, 1) },
  { when: "MIDNIGHT", from: new Date(2025, 0, 31, 23, 59, 59), due: new Date(2025, 1, 1) },
  { when: "midnight", interval: 3, from: new Date(2025, 0, 31, 9), due: new Date(2025, 1, 3) },
  { when: "midnight", from: new Date(2025, 2, 30, 1), due: new Date(2025, 2, 31) },
  { when: "W4", from: new Date(2025, 0, 31, 9), due: new Date(2025, 1, 1) },
  { when: "W5", from: new Date(2025, 0, 31, 9), due: new Date(2025, 1, 2) },
  { when: "W0", from: new Date(2025, 0, 31, 9), due: new Date(2025, 1, 4) },
  { when: "w3", from: new Date(2025, 0, 31, 9), due: new Date(2025, 1, 7) },
  { when: "W6", interval: 2, from: new Date(2025, 0, 31, 9), due: new Date(2025, 1, 10) },
];

for (const { when, interval = 1, from, due } of DUE) {
  Deno.test(`TimeRotation at ${interval} ${when} is due on ${due.toLocaleString("sv")}`, () => {
    const rotation = new TimeRotation({ when, interval });
    rotation.begin(from.getTime());
    assertEquals(new Date(rotation.dueMs), due);
    assertEquals(rotation.isDue({ nowMs: due.getTime() - 1 }), false);
    assertEquals(rotation.isDue({ nowMs: due.getTime() }), true);
  });
}

const SUFFIXES: readonly [when: string, suffix: string][] = [
  ["S", "2025-01-31_09-05-07"],
  ["M", "2025-01-31_09-05"],
  ["H", "2025-01-31_09"],
  ["D", "2025-01-31"],
  ["midnight", "2025-01-31"],
  ["W4", "2025-01-25"],
];

for (const [when, suffix] of SUFFIXES) {
  Deno.test(`TimeRotation at ${when} names the file for the beginning of its interval`, () =>
    inTempDir((folder) => {
      write(folder, "log");
      const rotation = new TimeRotation({ when });
      rotation.begin(new Date(2025, 0, 31, 9, 5, 7).getTime());
      rotation.rotate(`${folder}/log`);
      assertEquals(read(folder), { [`log.${suffix}`]: "log" });
    }));
}

Deno.test("TimeRotation keeps the newest files", () =>
  inTempDir((folder) => {
    const strangers = ["log.1", "log.2025-01-01.gz", "log.2025-01", "other.2025-01-01", "log2025-01-01"];
    write(folder, "log", "log.2025-01-28", "log.2025-01-30", "log.2024-12-31", ...strangers);
    const rotation = new TimeRotation({ backups: 2 });
    rotation.begin(new Date(2025, 0, 31, 9).getTime());
    rotation.rotate(`${folder}/log`);
    assertEquals(Object.keys(read(folder)), ["log.2025-01-30", "log.2025-01-31", ...strangers].sort());
  }));

Deno.test("TimeRotation with no number of backups keeps all files", () =>
  inTempDir((folder) => {
    write(folder, "log", "log.2025-01-28", "log.2025-01-30");
    const rotation = new TimeRotation({ backups: 0 });
    rotation.begin(new Date(2025, 0, 31, 9).getTime());
    rotation.rotate(`${folder}/log`);
    assertEquals(Object.keys(read(folder)), ["log.2025-01-28", "log.2025-01-30", "log.2025-01-31"]);
  }));

Deno.test("TimeRotation overwrites no file", () =>
  inTempDir((folder) => {
    write(folder, "log", "log.2025-01-31");
    const rotation = new TimeRotation();
    rotation.begin(new Date(2025, 0, 31, 9).getTime());
    rotation.rotate(`${folder}/log`);
    assertEquals(read(folder), { log: "log", "log.2025-01-31": "log.2025-01-31" });
  }));

for (const when of ["", "W7", "W", "X", "constructor"]) {
  Deno.test(`TimeRotation refuses the unit ${JSON.stringify(when)}`, () => {
    assertThrows(() => new TimeRotation({ when }), RangeError, `Cannot rotate log files at ${JSON.stringify(when)}`);
  });
}

Deno.test("rotations refuse numbers that are not whole", () => {
  assertThrows(() => new TimeRotation({ interval: 0 }), RangeError, "the interval must be at least 1: 0");
  assertThrows(() => new TimeRotation({ interval: 1.5 }), RangeError, "must be a whole number: 1.5");
  assertThrows(() => new TimeRotation({ backups: -1 }), RangeError, "must be a whole number: -1");
  assertThrows(() => new SizeRotation({ maxBytes: -1 }), RangeError, "must be a whole number: -1");
  assertThrows(() => new SizeRotation({ backups: 0.5 }), RangeError, "must be a whole number: 0.5");
});
