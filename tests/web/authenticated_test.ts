import { Application, type HTTPServerRequest, RequestHandler } from "@denado/denado";
import { authenticated } from "@denado/denado/web";
import { assertEquals } from "@std/assert";
import { type ExpectedLog, expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { header } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";
import { settle } from "../helpers/manual_clock.ts";
import { Hello, request, serve } from "../helpers/web_app.ts";

/** Knows the user by a header, which only a test does. */
class Account extends RequestHandler {
  override getCurrentUser(): string | undefined {
    return this.request.headers.get("X-User");
  }
  @authenticated
  override get(path: string): void {
    this.write(`${this.currentUser} at ${path}`);
  }
  @authenticated
  override async post(): Promise<void> {
    await settle();
    this.write("posted");
  }
}

class Plain extends Account {
  override get = authenticated(function (this: RequestHandler, path: string) {
    this.write(`plain ${path}`);
  });
}

const SETTINGS = { loginUrl: "/login" };
const IN = "X-User: Ann\r\n";

for (const handler of [Account, Plain]) {
  Deno.test(`authenticated runs the method of ${handler.name} for users, with its arguments and its promise`, () =>
    expectNoLog(() =>
      serve(handler, async (server) => {
        const client = await server.connect();
        const body = handler === Plain ? "plain a" : "Ann at a";
        assertEquals((await client.request(request("GET /a", IN))).body, body);
        assertEquals((await client.request(request("HEAD /a", IN))).status, 200);
        assertEquals((await client.request(request("POST /a", IN))).body, "posted");
      }, SETTINGS)
    ));

  Deno.test(`authenticated redirects GET and HEAD of ${handler.name} to the login page, and answers 403 to POST`, () =>
    expectNoLog(() =>
      serve(handler, async (server) => {
        const client = await server.connect();
        for (const method of ["GET", "HEAD"]) {
          const response = await client.request(request(`${method} /a?b=c`));
          assertEquals([response.status, response.body], [302, ""]);
          assertEquals(header(response, "Location"), "/login?next=%2Fa%3Fb%3Dc");
        }
        assertEquals((await client.request(request("POST /a"))).status, 403);
      }, SETTINGS)
    ));
}

Deno.test("authenticated comes back to the whole address where the login page has one", () =>
  serve(Account, async (server) => {
    const response = await (await server.connect()).request(request("GET /a"));
    assertEquals(header(response, "Location"), "https://id.example/?next=http%3A%2F%2Fa%2Fa");
  }, { loginUrl: "https://id.example/" }));

for (
  const [target, next] of [
    ["//evil.example/a", "%2Fevil.example%2Fa"],
    ["/\\evil.example", "%2Fevil.example"],
    ["http://evil.example/a?b", "%2Fa%3Fb"],
    ["http://evil.example//c.example", "%2Fc.example"],
  ]
) {
  Deno.test(`authenticated does not let GET ${target} come back to another host`, () => {
    const app = new Application([["(.*)", Account]], { ...SETTINGS, logFunction: () => {} });
    return withServer(app, async (server) => {
      const response = await (await server.connect()).request(request(`GET ${target}`));
      assertEquals([response.status, header(response, "Location")], [302, `/login?next=${next}`]);
    });
  });
}

Deno.test("authenticated uses getLoginUrl of the handler", () =>
  serve(
    class extends Account {
      override getLoginUrl(): string {
        return "/own?a=b";
      }
    },
    async (server) => {
      const response = await (await server.connect()).request(request("GET /a"));
      assertEquals(header(response, "Location"), "/own?a=b");
    },
  ));

Deno.test("authenticated takes the user that prepare sets after a while", () =>
  serve(
    class extends Hello {
      override async prepare(): Promise<void> {
        await settle();
        this.currentUser = { name: "Bob" };
      }
      @authenticated
      override get(): void {
        super.get();
      }
    },
    async (server) => {
      assertEquals((await (await server.connect()).request(request("GET /a"))).body, "Hello");
    },
  ));

const FAILURES: {
  name: string;
  handler: new (app: Application, request: HTTPServerRequest) => RequestHandler;
  log: ExpectedLog;
}[] = [
  {
    name: "there is no loginUrl",
    handler: Account,
    log: { level: "error", pattern: "Cannot use @authenticated: it needs the setting loginUrl", times: 1 },
  },
  {
    name: "the user is a promise, which would let everybody in",
    handler: class extends Account {
      override getCurrentUser(): never {
        return Promise.resolve(undefined) as never;
      }
    },
    log: { level: "error", pattern: "Cannot use a promise as current user", times: 1 },
  },
];

for (const { name, handler, log } of FAILURES) {
  Deno.test(`authenticated answers 500 where ${name}`, () =>
    expectLog(log, () =>
      serve(handler, async (server) => {
        assertEquals((await (await server.connect()).request(request("GET /a"))).status, 500);
      })));
}

/** Never run: what it asserts, `deno check` asserts. */
export class _Types extends RequestHandler {
  @authenticated
  override get(a: string, b?: string): string {
    return a + b;
  }
  // @ts-expect-error: only methods of handlers
  @authenticated
  static other(): void {}
}
