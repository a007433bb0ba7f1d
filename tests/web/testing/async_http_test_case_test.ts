import { Application, RequestHandler } from "@denado/denado";
import type { HTTPServerOptions } from "@denado/denado/http";
import { AsyncHTTPSTestCase, AsyncHTTPTestCase } from "@denado/denado/testing";
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";

class Where extends RequestHandler {
  override get(): void {
    this.write(`${this.request.protocol} ${this.request.path}`);
  }

  override post(): void {
    this.write(this.request.body);
  }
}

const app = () => new Application([["/.*", Where]], { logFunction: () => {} });

class Plain extends AsyncHTTPTestCase {
  override getApp(): Application {
    return app();
  }

  override getHttpserverOptions(): HTTPServerOptions {
    return { maxBodySize: 10 };
  }
}

class Secure extends AsyncHTTPSTestCase {
  override getApp(): Application {
    return app();
  }
}

Deno.test("AsyncHTTPTestCase serves its application, with its options, on its loop", async () => {
  const test = new Plain();
  assertThrows(() => test.getHttpPort(), Error, "before setUp");
  await test.setUp();
  assertEquals(test.getProtocol(), "http");
  assertEquals(test.getUrl("/a"), `http://127.0.0.1:${test.getHttpPort()}/a`);
  assertStrictEquals(test.getHttpServer().port, test.getHttpPort());
  const path = await test.fetch("/a?b=c");
  assertEquals([path.status, await path.text()], [200, "http /a"]);
  const absolute = await test.fetch(test.getUrl("/whole"));
  assertEquals(await absolute.text(), "http /whole");
  const posted = await test.fetch("/", { method: "POST", body: "0123456789" });
  assertEquals(await posted.text(), "0123456789");
  const tooLarge = await test.fetch("/", { method: "POST", body: "0123456789a" });
  assertEquals(tooLarge.status, 413);
  await tooLarge.body?.cancel();
  const url = test.getUrl("/");
  await test.tearDown();
  assertThrows(() => test.getHttpPort(), Error);
  await assertRejects(() => fetch(url), TypeError); // refused: nobody listens there any more
});

Deno.test("AsyncHTTPTestCase makes errors of statuses where it is asked to", async () => {
  const test = new Plain();
  await test.setUp();
  const error = await assertRejects(
    () => test.fetch("/", { method: "PUT", raiseError: true }),
    Error,
    "HTTP 405: Method Not Allowed",
  );
  assertEquals((error.cause as Response).status, 405);
  await (await test.fetch("/", { raiseError: true })).body?.cancel();
  await test.tearDown();
});

Deno.test("AsyncHTTPSTestCase serves with TLS, to a client that trusts it", async () => {
  const test = new Secure();
  await test.setUp();
  const response = await test.fetch("/a");
  assertEquals(await response.text(), "https /a");
  assert(test.getUrl("/").startsWith("https://127.0.0.1:"));
  await test.tearDown();
});

Deno.test("AsyncHTTPTestCase has a client of Tornado's kind, on its loop, which is closed with it", async () => {
  for (const TestCase of [Plain, Secure]) {
    const test = new TestCase();
    await test.setUp();
    const { httpClient } = test;
    assertStrictEquals(test.httpClient, httpClient);
    assertStrictEquals(httpClient.ioLoop, test.ioLoop);
    const response = await httpClient.fetch(test.getUrl("/a"));
    assertEquals([response.code, response.text()], [200, `${test.getProtocol()} /a`]);
    await test.tearDown();
    assertEquals(httpClient.closed, true);
  }
});
