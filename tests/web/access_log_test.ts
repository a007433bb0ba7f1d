import { assertEquals } from "@std/assert";
import { accessLevel, logAccess } from "../../web/access_log.ts";
import { expectLog } from "../helpers/expect_log.ts";
import { parsedRequest } from "../helpers/parsed_request.ts";

const LEVELS: [status: number, level: "info" | "warning" | "error"][] = [
  [101, "info"],
  [200, "info"],
  [399, "info"],
  [400, "warning"],
  [499, "warning"],
  [500, "error"],
  [599, "error"],
];

for (const [status, level] of LEVELS) {
  Deno.test(`accessLevel of ${status} is ${level}, and logAccess logs at it`, () => {
    assertEquals(accessLevel(status), level);
    const pattern = new RegExp(`^${status} GET /\\?a=\\{b\\} \\(127\\.0\\.0\\.1\\) [\\d.]+ms$`);
    return expectLog({ level, category: "denado.access", pattern, times: 1 }, () => {
      logAccess(status, parsedRequest("GET /?a={b} HTTP/1.1\r\nHost: a\r\n\r\n"));
    });
  });
}
