import type { SetCookieOptions } from "@denado/denado/web";
import { assertEquals, assertThrows } from "@std/assert";
import { buildSetCookie, optionsOfCookieName } from "../../web/set_cookie.ts";

const BUILT: [value: string, options: SetCookieOptions | undefined, field: string][] = [
  ["v", undefined, "n=v; Path=/"],
  ["", {}, 'n=""; Path=/'],
  ["a=b", {}, 'n="a=b"; Path=/'],
  ["a;b", {}, 'n="a\\073b"; Path=/'],
  ['a"b', {}, 'n="a\\"b"; Path=/'],
  ["\xe9", {}, 'n="\\351"; Path=/'],
  ["v", { path: "" }, "n=v"],
  ["v", { path: "/foo", domain: "foo.com" }, "n=v; Domain=foo.com; Path=/foo"],
  ["v", { maxAge: 0 }, "n=v; Max-Age=0; Path=/"],
  ["v", { maxAge: -1, expires: 0 }, "n=v; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=-1; Path=/"],
  ["v", { expires: new Date(0), expiresDays: 5 }, "n=v; expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"],
  ["v", { expiresDays: null, secure: false, httpOnly: false, partitioned: false }, "n=v; Path=/"],
  [
    "v",
    { expires: undefined, maxAge: undefined, sameSite: undefined, domain: undefined, path: undefined },
    "n=v; Path=/",
  ],
  ["v", { sameSite: "lax" }, "n=v; Path=/; SameSite=lax"],
  [
    "v",
    {
      secure: true,
      sameSite: "None",
      path: "/a",
      partitioned: true,
      maxAge: 5,
      httpOnly: true,
      expires: 0,
      domain: "a.b",
    },
    "n=v; Domain=a.b; expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Max-Age=5; Partitioned; Path=/a; SameSite=None; Secure",
  ],
];

for (const [value, options, field] of BUILT) {
  Deno.test(`buildSetCookie builds ${field}`, () => assertEquals(buildSetCookie("n", value, options), field));
}

Deno.test("buildSetCookie counts days from now", () => {
  const before = Math.floor(Date.now() / 1000) * 1000;
  const date = Date.parse(/expires=([^;]+)/.exec(buildSetCookie("n", "v", { expiresDays: 1.5 }))![1]!);
  assertEquals(date >= before + 129_600_000 && date <= Date.now() + 129_600_000, true);
});

const CONTROLS = [...Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code)), "\x7f", ";", " "];

for (const part of ["name", "domain", "path", "sameSite"]) {
  Deno.test(`buildSetCookie refuses control characters, blanks and semicolons in ${part}`, () => {
    for (const character of CONTROLS) {
      const text = `a${character}b`;
      const name = part === "name" ? text : "n";
      const options = part === "name" ? {} : { [part]: text };
      assertThrows(() => buildSetCookie(name, "v", options), TypeError, "Cannot set cookie", JSON.stringify(character));
    }
  });
}

Deno.test("buildSetCookie refuses control characters and blanks in a value", () => {
  for (const character of CONTROLS.filter((control) => control <= " ")) {
    assertThrows(
      () => buildSetCookie("n", `a${character}b`),
      TypeError,
      "Cannot set cookie",
      JSON.stringify(character),
    );
  }
});

interface RefusedCookie {
  readonly name?: string;
  readonly value?: unknown;
  readonly options?: Record<string, unknown>;
  readonly message: string;
  readonly type?: typeof TypeError | typeof RangeError;
}

const REFUSED: RefusedCookie[] = [
  { name: "", message: "invalid name" },
  { name: "a=b", message: "invalid name" },
  { name: "é", message: "invalid name" },
  { name: "Path", message: "name of an attribute" },
  { value: 5, message: "no blanks and control characters" },
  { value: "\u0100", message: "above U+00FF" },
  { options: { httponly: true }, message: 'no option "httponly"' },
  { options: { max_age: 5 }, message: 'no option "max_age"' },
  { options: { "Max-Age": "1; Secure" }, message: 'no option "Max-Age"' },
  { options: { secure: "false" }, message: "secure must be true or false" },
  { options: { httpOnly: 1 }, message: "httpOnly must be true or false" },
  { options: { domain: 5 }, message: "invalid domain" },
  { options: { sameSite: "Strictly" }, message: "sameSite must be Strict, Lax or None" },
  { options: { maxAge: 1.5 }, message: "max-age must be an integer", type: RangeError },
  { options: { maxAge: "5; Secure" }, message: "max-age must be an integer", type: RangeError },
  { options: { maxAge: Infinity }, message: "max-age must be an integer", type: RangeError },
  { options: { expires: NaN }, message: "", type: RangeError },
  { options: { expires: "tomorrow; Secure" }, message: "" },
  { options: { expiresDays: NaN }, message: "expiresDays must be a number", type: RangeError },
  { options: { expiresDays: "5" }, message: "expiresDays must be a number", type: RangeError },
  { options: { sameSite: "none" }, message: "sameSite None needs secure" },
  { options: { partitioned: true }, message: "partitioned needs secure" },
  { name: "__Secure-a", message: "its name needs secure" },
  { name: "__secure-a", message: "its name needs secure" },
  { name: "__Host-a", message: "its name needs secure" },
  { name: "__Host-a", options: { secure: true, path: "/a" }, message: 'its name needs the path "/"' },
  { name: "__Host-a", options: { secure: true, path: "" }, message: 'its name needs the path "/"' },
  { name: "__HOST-a", options: { secure: true, domain: "a.b" }, message: "its name forbids a domain" },
  { name: "__Http-a", options: { secure: true }, message: "its name needs httpOnly" },
  { name: "__Host-Http-a", options: { secure: true }, message: "its name needs httpOnly" },
  {
    name: "__Host-Http-a",
    options: { secure: true, httpOnly: true, domain: "a" },
    message: "its name forbids a domain",
  },
];

for (const { name = "n", value = "v", options = {}, message, type = TypeError } of REFUSED) {
  Deno.test(`buildSetCookie refuses ${Deno.inspect({ name, value, ...options }, { compact: true })}`, () => {
    const error = assertThrows(() => buildSetCookie(name, value as string, options), type, message);
    assertEquals(error.constructor, type);
  });
}

const PREFIXES: [name: string, needed: ReturnType<typeof optionsOfCookieName>, field: string][] = [
  ["a__Host-", {}, "a__Host-=v; Path=/"],
  ["__Secure-a", { secure: true }, "__Secure-a=v; Path=/; Secure"],
  ["__Host-a", { secure: true, path: "/", domain: undefined }, "__Host-a=v; Path=/; Secure"],
  ["__http-a", { secure: true, httpOnly: true }, "__http-a=v; HttpOnly; Path=/; Secure"],
  [
    "__Host-Http-a",
    { secure: true, path: "/", domain: undefined, httpOnly: true },
    "__Host-Http-a=v; HttpOnly; Path=/; Secure",
  ],
];

for (const [name, needed, field] of PREFIXES) {
  Deno.test(`optionsOfCookieName knows what ${name} promises, and buildSetCookie takes it`, () => {
    assertEquals(optionsOfCookieName(name), needed);
    assertEquals(buildSetCookie(name, "v", needed), field);
  });
}
