import { assertEquals, assertMatch } from "@std/assert";
import { VERSION, VERSION_INFO } from "@denado/denado/ioloop";

/** The numbers that go with a version: the fourth is 0 for a release and negative before it. */
function expectedInfo(version: string): number[] {
  const [, major, minor, patch, stage] = /^(\d+)\.(\d+)\.(\d+)(-.+)?$/.exec(version)!;
  return [Number(major), Number(minor), Number(patch), stage === undefined ? 0 : -1];
}

Deno.test("VERSION is the one of deno.json", async () => {
  const config = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url))) as {
    version: string;
  };
  assertEquals(VERSION, config.version as typeof VERSION);
});

Deno.test("VERSION_INFO says the same as VERSION", () => {
  assertMatch(VERSION, /^\d+\.\d+\.\d+(-.+)?$/);
  assertEquals([...VERSION_INFO.slice(0, 3), Math.sign(VERSION_INFO[3])], expectedInfo(VERSION));
});
