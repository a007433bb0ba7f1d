import { assert, assertEquals } from "@std/assert";
import { isFieldText } from "../../http/grammar.ts";
import { reasonPhrase, responses } from "../../http/status.ts";

Deno.test("responses has the phrases of RFC 9110", () => {
  assertEquals([200, 304, 400, 404, 413, 422, 500].map((code) => responses[code]), [
    "OK",
    "Not Modified",
    "Bad Request",
    "Not Found",
    "Content Too Large",
    "Unprocessable Content",
    "Internal Server Error",
  ]);
});

Deno.test("responses has a phrase for every status that the server answers with by itself", () => {
  for (const code of [100, 101, 103, 400, 408, 413, 414, 417, 431, 500, 501, 503, 505]) {
    assert(responses[code], String(code));
  }
});

Deno.test("responses has only phrases that may be written", () => {
  for (const phrase of Object.values(responses)) assert(phrase !== "" && isFieldText(phrase));
});

Deno.test("responses cannot be changed", () => {
  assert(Object.isFrozen(responses));
});

Deno.test("reasonPhrase calls a status without a phrase Unknown", () => {
  assertEquals(reasonPhrase(200), "OK");
  assertEquals(reasonPhrase(299), "Unknown");
});
