import { RequestHandler } from "@denado/denado";
import { assertEquals } from "@std/assert";
import { respond } from "../../helpers/web_app.ts";

Deno.test("ArgumentHandler decodes a byte string as UTF-8", async () => {
  const response = await respond(
    class extends RequestHandler {
      override get(): void {
        this.write({ text: this.decodeArgument("\xc3\xa4") });
      }
    },
  );
  assertEquals(response.body, '{"text":"\xc3\xa4"}');
});
