import { Application, HTTPError, RequestHandler } from "@denado/denado";
import { fetchInMemory } from "@denado/denado/testing";
import { assertEquals } from "@std/assert";

class Echo extends RequestHandler {
  override get(): void {
    if (this.request.query === "fail") throw new HTTPError(418);
    this.write(`${this.request.fullUrl()} ${this.request.headers.get("X-Header") ?? ""}`);
  }

  override post(): void {
    this.setStatus(201);
    this.write(this.request.body);
  }

  override async put(): Promise<void> {
    for (const part of ["one", "two"]) {
      this.write(part);
      await this.flush();
    }
  }
}

Deno.test("fetchInMemory asks an application without a socket", async () => {
  const app = new Application([["/.*", Echo]], { logFunction: () => {} });
  const get = await fetchInMemory(app, "/a?b=c", { headers: { "X-Header": "x" } });
  assertEquals([get.status, await get.text()], [200, "http://localhost/a?b=c x"]);
  const whole = await fetchInMemory(app, "https://a.example/b");
  assertEquals(await whole.text(), "https://a.example/b ");
  const posted = await fetchInMemory(app, "/", { method: "POST", body: "body" });
  assertEquals([posted.status, await posted.text()], [201, "body"]);
  assertEquals(await (await fetchInMemory(app, "/", { method: "PUT" })).text(), "onetwo");
  const failed = await fetchInMemory(app, "/?fail");
  assertEquals(failed.status, 418);
  await failed.body?.cancel();
});
