import { RequestHandler } from "@denado/denado";
import { assertEquals } from "@std/assert";
import { respond } from "../../helpers/web_app.ts";

Deno.test("UserHandler knows nobody", async () => {
  const response = await respond(
    class extends RequestHandler {
      override get(): void {
        this.write(String(this.getCurrentUser()));
      }
    },
  );
  assertEquals(response.body, "undefined");
});
