import {
  type CookieSecret,
  createSignedValue,
  decodeSignedValue,
  type DecodeSignedValueOptions,
  getSignatureKeyVersion,
} from "@denado/denado/web";
import { assertEquals, assertThrows } from "@std/assert";
import { type ExpectedLog, expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { Random } from "../helpers/random.ts";

// The vectors and the ways to tamper are those of Tornado's SignedValueTest and SecureCookieV1Test.
const SECRET = "It's a secret to everybody";
const SECRETS: CookieSecret = { 0: "asdfbasdf", 1: "12312312", 2: "2342342" };
const PRESENT = 1_300_000_000_000;
const DAY_MS = 86_400_000;
const V1 = "dmFsdWU=|1300000000|31c934969f53e48164c50768b40cbd7e2daaaa4f";
const V2_SIGNATURE = "3d4e60b996ff9c5d5788e333a0cba6f238a22c6c0f94788870e1a9ecd482e152";
const V2_SIGNED = "2|1:0|10:1300000000|3:key|8:dmFsdWU=|";
const V2 = V2_SIGNED + V2_SIGNATURE;

function decode(
  value: string | undefined,
  options: Partial<DecodeSignedValueOptions> & { readonly name?: string } = {},
): string | undefined {
  const { name = "key", ...rest } = options;
  const bytes = decodeSignedValue(name, value, { secret: SECRET, nowMs: PRESENT, ...rest });
  return bytes === undefined ? undefined : new TextDecoder("latin1").decode(bytes);
}

Deno.test("createSignedValue makes Tornado's known values", () => {
  const options = { secret: SECRET, nowMs: PRESENT + 999 };
  assertEquals(createSignedValue("key", "value", { ...options, version: 1 }), V1);
  assertEquals(createSignedValue("key", "value", { ...options, version: 2 }), V2);
  assertEquals(createSignedValue("key", "value", options), V2);
  assertEquals(createSignedValue("key", "value", { ...options, secret: new TextEncoder().encode(SECRET) }), V2);
});

Deno.test("decodeSignedValue reads Tornado's known values", () =>
  expectNoLog(() => {
    assertEquals(decode(V1), "value");
    assertEquals(decode(V1, { minVersion: 1 }), "value");
    assertEquals(decode(V2, { minVersion: 2 }), "value");
    assertEquals(decode(V1, { minVersion: 2 }), undefined);
  }));

for (const version of [1, 2] as const) {
  Deno.test(`decodeSignedValue reads any bytes and any text in version ${version}`, () => {
    const random = new Random(version);
    const values = [
      new Uint8Array(),
      new Uint8Array([0xe9]),
      ...Array.from({ length: 50 }, (_, length) => {
        return Uint8Array.from({ length }, () => random.below(256));
      }),
    ];
    for (const value of values) {
      const signed = createSignedValue("é|:name", value, { secret: SECRET, version });
      assertEquals(decodeSignedValue("é|:name", signed, { secret: SECRET }), value);
    }
    const signed = createSignedValue("n", "ä€", { secret: SECRET, version });
    assertEquals(decodeSignedValue("n", signed, { secret: SECRET }), new TextEncoder().encode("ä€"));
    assertEquals(/^[\x21-\x7e]*$/.test(signed) && !/[",;\\]/.test(signed), true);
  });
}

Deno.test("decodeSignedValue refuses a value under another name", () => {
  assertEquals(decode(V2, { name: "key2" }), undefined);
  return expectLog({ level: "warning", pattern: 'Invalid signature of signed cookie "ke\\u000ay"', times: 1 }, () => {
    assertEquals(decode(V1, { name: "ke\ny" }), undefined);
  });
});

interface AgeCase {
  readonly madeMs: number;
  readonly maxAgeDays?: number;
  readonly value: string | undefined;
  readonly why?: string;
}

const AGES: AgeCase[] = [
  { madeMs: 0, value: "value" },
  { madeMs: -31 * DAY_MS, value: "value" },
  { madeMs: -31 * DAY_MS - 1000, value: undefined, why: "Expired value" },
  { madeMs: -32 * DAY_MS, maxAgeDays: 33, value: "value" },
  { madeMs: -2 * DAY_MS, maxAgeDays: 1, value: undefined, why: "Expired value" },
  { madeMs: -10_000 * DAY_MS, maxAgeDays: Infinity, value: "value" },
  { madeMs: 0, maxAgeDays: -1, value: undefined, why: "Expired value" },
  { madeMs: 31 * DAY_MS, value: "value" },
  { madeMs: 31 * DAY_MS + 1000, value: undefined, why: "Time in the future" },
];

for (const { madeMs, maxAgeDays, value, why } of AGES) {
  const limit = maxAgeDays === undefined ? "" : ` with a limit of ${maxAgeDays}`;
  Deno.test(`decodeSignedValue ${value ? "takes" : "refuses"} a value that is ${-madeMs / DAY_MS} days old${limit}`, () => {
    const nowMs = PRESENT + madeMs;
    const signed = ([1, 2] as const).map((version) => {
      return createSignedValue("key", "value", { secret: SECRET, nowMs, version });
    });
    const log: ExpectedLog[] = why === undefined ? [] : [{ level: "warning", pattern: why, times: 1 }]; // version 1 only
    return expectLog(log, () => assertEquals(signed.map((text) => decode(text, { maxAgeDays })), [value, value]));
  });
}

const TAMPERED: [value: string | undefined, reason: string][] = [
  [undefined, "nothing"],
  ["", "empty"],
  ["2|1:1|10:1300000000|3:key|8:dmFsdWU=|" + V2_SIGNATURE, "another key version"],
  ["2|1:0|10:130000000|3:key|8:dmFsdWU=|" + V2_SIGNATURE, "a field that is too short"],
  ["2|1:0|10:1300000000|3:keey|8:dmFsdWU=|" + V2_SIGNATURE, "a field that is too long"],
  [V2_SIGNED + "0".repeat(32), "zeros for a signature"],
  [V2_SIGNED + "0".repeat(64), "as many zeros"],
  [V2_SIGNED + "4" + V2_SIGNATURE.slice(1), "a changed first character"],
  [V2_SIGNED + V2_SIGNATURE.slice(0, -1) + "3", "a changed last character"],
  [V2_SIGNED + V2_SIGNATURE.slice(0, -1), "a signature that is too short"],
  [V2_SIGNED + V2_SIGNATURE + "8", "a signature that is too long"],
  [V2_SIGNED + V2_SIGNATURE.toUpperCase(), "capitals"],
  [V2_SIGNED + V2_SIGNATURE.slice(0, -1) + "é", "a character that is no hexadecimal digit"],
  [V2_SIGNED, "no signature"],
  [V2_SIGNED.slice(0, -1), "no last bar"],
  ["3|" + V2.slice(2), "an unknown version"],
  ["999|" + V2.slice(2), "the last number that is a version"],
  ["2|", "no fields"],
  ["2||||||", "empty fields"],
  ["2|1:0", "one field"],
  ["2|1:0|10:1300000000|3:key|99999999999999999999:dmFsdWU=|" + V2_SIGNATURE, "a huge length"],
  ["2|1:0|10:1300000000|3:key|-1:dmFsdWU=|" + V2_SIGNATURE, "a negative length"],
  ["2|01:0|10:1300000000|3:key|8:dmFsdWU=|" + V2_SIGNATURE, "a length with a zero in front"],
  ["2|1:0|10:13000 0000|3:key|8:dmFsdWU=|" + V2_SIGNATURE, "a time that is no number"],
  ["2|20:99999999999999999999|10:1300000000|3:key|8:dmFsdWU=|" + V2_SIGNATURE, "a huge key version"],
  ["a|b", "two parts"],
  ["a|b|c|d", "four parts"],
  ["|", "a bar"],
];

for (const [value, reason] of TAMPERED) {
  Deno.test(`decodeSignedValue refuses ${reason}`, () =>
    expectNoLog(() => {
      assertEquals(decode(value), undefined);
      assertEquals(decode(value, { secret: SECRETS }), undefined);
    }));
}

Deno.test("decodeSignedValue refuses digits that were moved from the value to the time in version 1, and says so", () => {
  // These bytes are "12345678" in base64.
  const value = new Uint8Array([0xd7, 0x6d, 0xf8, 0xe7, 0xae, 0xfc]);
  const [, time, signature] = createSignedValue("foo", value, { secret: SECRET, version: 1 }).split("|");
  const decodeNow = (text: string) => decodeSignedValue("foo", text, { secret: SECRET });
  assertEquals(decodeNow(`12345678|${time}|${signature}`), value);
  const expected: ExpectedLog[] = [
    { level: "warning", pattern: 'Time in the future, possibly tampered value of signed cookie "foo"', times: 1 },
    { level: "warning", pattern: "Tampered value", times: 2 },
  ];
  return expectLog(expected, () => {
    assertEquals(decodeNow(`1234|5678${time}|${signature}`), undefined);
    const zero = createSignedValue("foo", new Uint8Array([0, 0, 0xd3]), { secret: SECRET, version: 1 }).split("|"); // "AADT"
    assertEquals(decodeNow(`AAD|T${zero[1]}|${zero[2]}`), undefined);
    const digits = createSignedValue("foo", new Uint8Array([0xd3, 0x4d, 0x34]), { secret: SECRET, version: 1 }).split(
      "|",
    );
    assertEquals(digits[0], "0000");
    assertEquals(decodeNow(`000|0${digits[1]}|${digits[2]}`), undefined);
  });
});

Deno.test("decodeSignedValue refuses what was signed and is not base64", () => {
  // The last digit of "0001" goes to the time, which is still in the past then: 11,444 seconds after the epoch.
  const nowMs = 1_444_000;
  const [, time, signature] = createSignedValue("a", new Uint8Array([0xd3, 0x4d, 0x35]), {
    secret: SECRET,
    version: 1,
    nowMs,
  })
    .split("|");
  const moved = { secret: SECRET, nowMs: 1_000_000_000 };
  assertEquals(decodeSignedValue("a", `000|1${time}|${signature}`, { ...moved, maxAgeDays: 100 }), undefined);
});

Deno.test("decodeSignedValue takes four digits and a bar for the beginning of version 1", () =>
  expectNoLog(() => {
    const value = Uint8Array.fromBase64("1234");
    const signed = createSignedValue("a", value, { secret: SECRET, version: 1 });
    assertEquals(signed.startsWith("1234|"), true);
    assertEquals(decodeSignedValue("a", signed, { secret: SECRET }), value);
  }));

Deno.test("createSignedValue signs with one of several keys, and decodeSignedValue reads them all", () => {
  for (const keyVersion of [0, 1, 2]) {
    const signed = createSignedValue("key", new Uint8Array([0xe9]), { secret: SECRETS, nowMs: PRESENT, keyVersion });
    assertEquals(decode(signed, { secret: SECRETS }), "\xe9");
    assertEquals(getSignatureKeyVersion(signed), keyVersion);
    const { [keyVersion]: _removed, ...others } = SECRETS as Record<number, string>;
    assertEquals(decode(signed, { secret: others }), undefined);
  }
  const alone = createSignedValue("key", "value", { secret: "12312312", nowMs: PRESENT, keyVersion: 1 });
  assertEquals(decode(alone, { secret: SECRETS }), "value");
});

Deno.test("decodeSignedValue refuses a key version that is a property of every object", () => {
  const signed = createSignedValue("key", "value", { secret: "a", nowMs: PRESENT });
  assertEquals(decode(signed, { secret: { ...SECRETS as Record<number, string> } }), undefined);
  assertEquals(decode(signed, { secret: {} }), undefined);
});

Deno.test("decodeSignedValue refuses version 1 where there are several keys, without an error", () =>
  expectNoLog(() => {
    assertEquals(decode(V1, { secret: SECRETS }), undefined);
    assertEquals(decode("a|b|c", { secret: SECRETS }), undefined);
  }));

Deno.test("getSignatureKeyVersion is undefined for what has none", () => {
  assertEquals(getSignatureKeyVersion(V2), 0);
  assertEquals(getSignatureKeyVersion("2|3:123|10:1300000000|3:key|8:dmFsdWU=|"), 123);
  for (
    const value of [V1, "", "2|", "2|x:0|", "2|1:a|10:1300000000|3:key|8:dmFsdWU=|", "1|1:0|1:1|1:a|1:b|", "a|b|c"]
  ) {
    assertEquals(getSignatureKeyVersion(value), undefined, value);
  }
});

Deno.test("createSignedValue and decodeSignedValue refuse what is a mistake of the program", () => {
  const sign = (options: Record<string, unknown>) => () => {
    createSignedValue("a", "b", { secret: SECRET, ...options } as Parameters<typeof createSignedValue>[2]);
  };
  assertThrows(sign({ secret: "" }), TypeError, "the secret is empty");
  assertThrows(sign({ secret: "", version: 1 }), TypeError, "the secret is empty");
  assertThrows(sign({ secret: new Uint8Array() }), TypeError, "the secret is empty");
  assertThrows(sign({ secret: { 0: "" }, keyVersion: 0 }), TypeError, "the secret is empty");
  assertThrows(sign({ secret: SECRETS }), TypeError, "Cannot sign with key version undefined");
  assertThrows(sign({ secret: SECRETS, keyVersion: 3 }), TypeError, "Cannot sign with key version 3: no secret has it");
  assertThrows(sign({ secret: SECRETS, keyVersion: 1, version: 1 }), TypeError, "Cannot sign in version 1");
  assertThrows(sign({ version: 3 }), RangeError, "Cannot sign in version 3");
  assertThrows(sign({ keyVersion: -1 }), RangeError, "Cannot sign with key version -1");
  assertThrows(sign({ keyVersion: 1.5 }), RangeError, "Cannot sign with key version 1.5");
  assertThrows(() => decode(V2, { secret: "" }), TypeError, "the secret is empty");
  assertThrows(() => decode(undefined, { secret: "" }), TypeError, "the secret is empty");
  assertThrows(() => decode(V2, { minVersion: 3 as never }), RangeError, "from version 3 on");
  assertThrows(() => decode(V2, { maxAgeDays: NaN }), RangeError, "maxAgeDays must be a number");
  assertThrows(() => decode(V2, { maxAgeDays: "9" as never }), RangeError, "maxAgeDays must be a number");
});
