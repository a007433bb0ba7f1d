import { assertEquals } from "@std/assert";
import { parseChallenges } from "../../../http/client/challenge.ts";

const CASES: readonly [name: string, fields: string[], expected: [scheme: string, Record<string, string>][]][] = [
  ["nothing", [], []],
  ["an empty field", [""], []],
  ["a scheme", ["Negotiate"], [["negotiate", {}]]],
  ["a scheme with a token68", ["Negotiate abc+/="], [["negotiate", {}]]],
  ["one with a parameter", ['Basic realm="a b"'], [["basic", { realm: "a b" }]]],
  ["one with a token as value", ["Basic Realm=a"], [["basic", { realm: "a" }]]],
  [
    "the example of RFC 9110",
    ['Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""'],
    [["basic", { realm: "simple" }], ["newauth", { realm: "apps", type: "1", title: 'Login to "apps"' }]],
  ],
  [
    "several schemes without parameters",
    ["Negotiate, NTLM, Basic realm=x"],
    [["negotiate", {}], ["ntlm", {}], ["basic", { realm: "x" }]],
  ],
  ["several fields", ["Basic realm=a", "Digest realm=b"], [["basic", { realm: "a" }], ["digest", { realm: "b" }]]],
  ["a comma in quotes", ['Digest realm="a, b", nonce="c"'], [["digest", { realm: "a, b", nonce: "c" }]]],
  ["empty list elements", [", ,Basic realm=a,,charset=x,"], [["basic", { realm: "a", charset: "x" }]]],
  ["blanks around the equals sign", ['Basic realm = "a" , x\t=\ty'], [["basic", { realm: "a", x: "y" }]]],
  ["a repeated parameter", ["Basic realm=a, realm=b"], [["basic", { realm: "a" }]]],
  ["parameters without a scheme", ["realm=a"], []],
  ["a quote without end", ['Basic realm="a'], [["basic", {}], ["realm", {}]]],
];

for (const [name, fields, expected] of CASES) {
  Deno.test(`parseChallenges reads ${name}`, () => {
    const found = parseChallenges(fields).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
    assertEquals<unknown>(found, expected);
  });
}

Deno.test("parseChallenges takes linear time", () => {
  for (const piece of ['a="', "a ", ",", 'a="\\', "a=b,", "a b "]) parseChallenges([`Basic ${piece.repeat(100_000)}`]);
});
