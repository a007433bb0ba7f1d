import { HTTPHeaders } from "@denado/denado/http";
import { assertEquals } from "@std/assert";
import { isIdempotent } from "../../../http/client/idempotent.ts";

for (
  const [method, expected] of Object.entries({
    GET: true,
    HEAD: true,
    OPTIONS: true,
    TRACE: true,
    PUT: true,
    DELETE: true,
    POST: false,
    PATCH: false,
    CONNECT: false,
    get: false,
    OTHER: false,
  })
) {
  Deno.test(`isIdempotent says ${expected} of ${method}`, () => {
    assertEquals(isIdempotent(method, new HTTPHeaders()), expected);
    assertEquals(isIdempotent(method, new HTTPHeaders({ "idempotency-key": '"a"' })), true);
  });
}
