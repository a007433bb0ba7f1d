import { assertEquals } from "@std/assert";
import { forgetVersions, versionFrom, type VersionSource } from "../../../web/static/kept_version.ts";
import { expectLog } from "../../helpers/expect_log.ts";

/** Counts how often it is asked. */
class Source implements VersionSource {
  asked = 0;

  constructor(readonly answer: (count: number) => string | Promise<string>) {}

  getContentVersion(path: string): string | Promise<string> {
    const version = this.answer(++this.asked);
    return typeof version === "string" ? path + version : version;
  }
}

Deno.test("versionFrom asks once for each path, unless nothing is to be kept", () => {
  const source = new Source(String);
  const versions = (keep: boolean) => ["a", "a", "b"].map((path) => versionFrom(source, path, keep));
  assertEquals(versions(true), ["a1", "a1", "b2"]);
  assertEquals(versions(true), ["a1", "a1", "b2"]);
  assertEquals(versions(false), ["a3", "a4", "b5"]);
  assertEquals(versionFrom(new Source(() => "other"), "a", true), "aother");
  forgetVersions();
  assertEquals(versions(true), ["a6", "a6", "b7"]);
});

Deno.test("versionFrom waits for versions that take time, and keeps them then", async () => {
  const source = new Source((count) => Promise.resolve(String(count)));
  assertEquals(await versionFrom(source, "a", true), "1");
  assertEquals(versionFrom(source, "a", true), "1");
});

Deno.test("versionFrom logs a failure, and asks again the next time", async () => {
  const source = new Source((count) => {
    if (count === 1) throw new Error("at once");
    return count === 2 ? Promise.reject(new Error("later")) : "fine";
  });
  await expectLog([{ pattern: '"a": Error: at once' }, { pattern: '"a": Error: later' }], async () => {
    assertEquals(versionFrom(source, "a", true), undefined);
    assertEquals(await versionFrom(source, "a", true), undefined);
  });
  assertEquals(versionFrom(source, "a", true), "afine");
});

Deno.test("versionFrom does not grow for ever", () => {
  const source = new Source(String);
  for (let index = 0; index < 10_001; index++) versionFrom(source, `/${index}`, true);
  assertEquals(versionFrom(source, "/10000", true), "/1000010001");
  assertEquals(versionFrom(source, "/0", true), "/010002");
});
