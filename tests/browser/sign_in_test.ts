/**
 * Signing in as people do, in a real browser: forms with XSRF tokens, signed cookies, the way to a login page and back,
 * and which cookies a browser keeps.
 *
 * @module
 */

import { Application, RequestHandler } from "@denado/denado";
import { authenticated, type SetCookieOptions } from "@denado/denado/web";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { buildSetCookie } from "../../web/set_cookie.ts";
import { BROWSER, withBrowser } from "../helpers/browser.ts";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { withServer } from "../helpers/http_server.ts";

class Base extends RequestHandler {
  override getCurrentUser(): string | undefined {
    return this.getSignedCookieText("user");
  }
}

class Account extends Base {
  @authenticated
  override get(): void {
    this.write(`<p id="user">${this.currentUser}</p><p id="query">${this.getQueryArgument("order", "")}</p>
      <form action="/logout" method="post">${this.xsrfFormHtml()}<button>Sign out</button></form>
      <script>
        async function change(token) {
          const headers = token ? { "X-Xsrftoken": token } : {};
          return (await fetch("/change", { method: "POST", headers })).status;
        }
      </script>`);
  }
}

class Login extends Base {
  override get(): void {
    const next = this.getArgument("next", "/").replace(/[^\w/?=.:-]/g, "");
    this.write(`<form method="post">${this.xsrfFormHtml()}<input type="hidden" name="next" value="${next}">
      <input name="name"><button>Sign in</button></form>`);
  }
  override post(): void {
    this.setSignedCookie("user", this.getBodyArgument("name"), { httpOnly: true, sameSite: "Lax" });
    this.redirect(this.getNextUrl("/account"), { status: 303 });
  }
}

class Logout extends Base {
  override post(): void {
    this.clearCookie("user");
    this.redirect("/account", { status: 303 });
  }
}

class Change extends Base {
  @authenticated
  override post(): void {
    this.write("changed");
  }
}

const ROUTES = [["/account", Account], ["/login", Login], ["/logout", Logout], ["/change", Change]] as const;

function application(): Application {
  return new Application(ROUTES, {
    cookieSecret: "of this test",
    loginUrl: "/login",
    xsrfCookies: true,
    logFunction: () => {},
  });
}

Deno.test(
  "A browser signs in and out by forms, and comes back to where it was going",
  BROWSER,
  () =>
    expectNoLog(() =>
      withServer(application(), (server) =>
        withBrowser(async (page, context) => {
          const origin = `http://127.0.0.1:${server.port}`;
          await page.goto(`${origin}/account?order=new`);
          assertEquals(page.url(), `${origin}/login?next=%2Faccount%3Forder%3Dnew`);
          await page.fill("input[name=name]", "Änn €");
          await page.click("button");
          await page.waitForURL(`${origin}/account?order=new`);
          assertEquals([await page.textContent("#user"), await page.textContent("#query")], ["Änn €", "new"]);

          const cookies = new Map((await context.cookies()).map((cookie) => [cookie.name, cookie]));
          assertEquals([...cookies.keys()].sort(), ["_xsrf", "user"]);
          const { httpOnly, sameSite, expires } = cookies.get("user")!;
          assertEquals([httpOnly, sameSite], [true, "Lax"]);
          assert(Math.abs(expires - Date.now() / 1000 - 30 * 86_400) < 60);
          assertEquals(await page.evaluate("document.cookie.split('=')[0]"), "_xsrf");

          await page.click("button"); // signs out
          await page.waitForURL(`${origin}/login?next=%2Faccount`);
          assertEquals((await context.cookies()).map(({ name }) => name), ["_xsrf"]);
        }))
    ),
);

Deno.test(
  "A browser changes nothing without the token, from the same page or from another site",
  BROWSER,
  () =>
    expectLog([
      { level: "warning", pattern: /^403 POST \/change .*'_xsrf' argument missing/, times: 2 },
      { level: "warning", pattern: /^403 POST \/change .*XSRF cookie does not match/, times: 1 },
    ], () =>
      withServer(application(), (server) =>
        withBrowser(async (page) => {
          const origin = `http://127.0.0.1:${server.port}`;
          await page.goto(`${origin}/login`);
          await page.fill("input[name=name]", "Ann");
          await page.click("button");
          await page.waitForURL(`${origin}/`); // where there is nothing; who signs in without a way goes to the top
          await page.goto(`${origin}/account`);
          const token = await page.getAttribute("input[name=_xsrf]", "value");
          assertEquals(await page.evaluate(`change(${JSON.stringify(token)})`), 200);
          assertEquals(await page.evaluate("change()"), 403);
          assertEquals(await page.evaluate("change('2|01020304|60606060|1')"), 403);

          // Another site: the same server by another name, which the browser does not know to be the same.
          await page.goto(`http://localhost:${server.port}/login`);
          await page.setContent(`<form action="${origin}/change" method="post"><button>Win a prize</button></form>`);
          const [response] = await Promise.all([
            page.waitForResponse((response) => response.request().method() === "POST"),
            page.click("button"),
          ]);
          assertEquals(response.status(), 403);
        }))),
);

// --- cookies that are kept ---

interface CookieCase {
  readonly name: string;
  readonly options: SetCookieOptions;
  /** Whether a browser keeps it. What it would drop must be refused. */
  readonly kept: boolean;
}

const COOKIES: CookieCase[] = [
  { name: "plain", options: {}, kept: true },
  { name: "lax", options: { sameSite: "lax" }, kept: true },
  { name: "strict", options: { sameSite: "Strict", httpOnly: true, maxAge: 60 }, kept: true },
  { name: "none-secure", options: { sameSite: "None", secure: true }, kept: true },
  { name: "none", options: { sameSite: "None" }, kept: false },
  { name: "partitioned-secure", options: { partitioned: true, secure: true }, kept: true },
  { name: "partitioned", options: { partitioned: true }, kept: false },
  { name: "__Secure-a", options: { secure: true, path: "/cookies" }, kept: true },
  { name: "__Secure-b", options: {}, kept: false },
  { name: "__secure-c", options: {}, kept: false },
  { name: "__Host-a", options: { secure: true }, kept: true },
  { name: "__Host-b", options: { secure: true, path: "/cookies" }, kept: false },
  { name: "__Host-c", options: { secure: true, domain: "localhost" }, kept: false },
  { name: "__Host-d", options: {}, kept: false },
  { name: "__Http-a", options: { secure: true, httpOnly: true }, kept: true },
  { name: "__Http-b", options: { secure: true }, kept: false },
  { name: "__Host-Http-a", options: { secure: true, httpOnly: true }, kept: true },
  { name: "__Host-Http-b", options: { secure: true }, kept: false },
  { name: "gone", options: { maxAge: 0 }, kept: false },
  { name: "past", options: { expires: 0 }, kept: false },
];

/** Sets what is asked for as it is, as a server does that checks nothing. */
class Cookies extends RequestHandler {
  override get(): void {
    for (const { name, options } of COOKIES) {
      const field = buildSetCookie("name", "v", { ...options, ...UNCHECKED });
      const { sameSite, secure, partitioned } = options;
      this.addHeader(
        "Set-Cookie",
        field.replace("name=", `${name}=`).replace("; Secure", "") + (partitioned ? "; Partitioned" : "") +
          (sameSite === undefined ? "" : `; SameSite=${sameSite}`) + (secure ? "; Secure" : ""),
      );
    }
    this.write("<p>cookies</p>");
  }
}

/** What the checks look at is added to the field by hand. */
const UNCHECKED: SetCookieOptions = { sameSite: undefined, secure: undefined, partitioned: undefined };

Deno.test(
  "A browser keeps the cookies that setCookie takes, and drops those that it refuses",
  BROWSER,
  () =>
    expectNoLog(() =>
      withServer(
        new Application([["/cookies", Cookies]], { logFunction: () => {} }),
        (server) =>
          withBrowser(async (page, context) => {
            await page.goto(`http://localhost:${server.port}/cookies`); // a trustworthy origin, which may set Secure
            const kept = new Set((await context.cookies()).map(({ name }) => name));
            assertEquals([...kept].sort(), COOKIES.filter((cookie) => cookie.kept).map(({ name }) => name).sort());
            for (const { name, options, kept } of COOKIES) {
              const isGone = options.maxAge === 0 || options.expires === 0; // dropped on purpose
              if (kept || isGone) buildSetCookie(name, "v", options);
              else assertThrows(() => buildSetCookie(name, "v", options), TypeError, "Cannot set cookie");
            }
          }),
      )
    ),
);
