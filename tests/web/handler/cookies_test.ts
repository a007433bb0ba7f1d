import { RequestHandler } from "@denado/denado";
import { assertEquals } from "@std/assert";
import { respond } from "../../helpers/web_app.ts";

Deno.test("CookieHandler has the cookies of the request", async () => {
  const response = await respond(
    class extends RequestHandler {
      override get(): void {
        this.write(Object.fromEntries(this.cookies));
      }
    },
    "GET /",
    "Cookie: a=b; c=d\r\n",
  );
  assertEquals(response.body, '{"a":"b","c":"d"}');
});
