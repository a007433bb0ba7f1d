import { RequestHandler } from "@denado/denado";
import { byteStringToBytes } from "@denado/denado/http";
import type { ApplicationSettings } from "@denado/denado/web";
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { type ExpectedLog, expectLog, expectNoLog } from "../../helpers/expect_log.ts";
import type { RawResponse } from "../../helpers/http_client.ts";
import { request, serve } from "../../helpers/web_app.ts";

const SECRET = "It's a secret to everybody";
const PAST = /; expires=[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/;

/** What a handler does on GET, with the cookies that the client sends. */
async function respond(
  act: (handler: RequestHandler) => unknown,
  cookies = "",
  settings: ApplicationSettings = {},
): Promise<RawResponse> {
  let response!: RawResponse;
  await serve(
    class extends RequestHandler {
      override async get(): Promise<void> {
        const result = await act(this);
        if (result !== undefined) this.write({ result });
      }
    },
    async (server) => {
      const client = await server.connect();
      response = await client.request(request("GET /", cookies === "" ? "" : `Cookie: ${cookies}\r\n`));
    },
    settings,
  );
  return response;
}

/** What a handler reads of the cookies. */
async function read(
  act: (handler: RequestHandler) => unknown,
  cookies: string,
  settings?: ApplicationSettings,
): Promise<unknown> {
  const { body } = await respond((handler) => act(handler) ?? null, cookies, settings);
  return JSON.parse(new TextDecoder().decode(byteStringToBytes(body))).result;
}

function fields(response: RawResponse): readonly string[] {
  return response.headers.get("set-cookie") ?? [];
}

/** The cookies of a response as a client sends them back. */
function sendBack(response: RawResponse): string {
  return fields(response).map((field) => field.split(";")[0]).join("; ");
}

// --- reading ---

Deno.test("CookieHandler reads the cookies of the request", async () => {
  const reading = (handler: RequestHandler) => [
    handler.getCookie("foo"),
    handler.getCookie("missing") ?? "undefined",
    handler.getCookie("missing", "default"),
    handler.getCookie("missing", null),
    [...handler.cookies],
  ];
  assertEquals(await read(reading, 'foo=bar; a="b\\"c"'), [
    "bar",
    "undefined",
    "default",
    null,
    [["foo", "bar"], ["a", 'b"c']],
  ]);
});

for (
  const [cookies, value] of [
    ["foo=a=b", "a=b"],
    ['foo="a=b"', "a=b"],
    ['foo="a;b"', '"a'],
    ["foo=a\\073b", "a\\073b"],
    ['foo="a\\073b"', "a;b"],
    ["/=exception;", "default"],
    ["foo=", ""],
    ["__proto__=x", "default"],
  ] as const
) {
  Deno.test(`CookieHandler reads ${JSON.stringify(value)} of Cookie: ${cookies}`, async () => {
    assertEquals(await read((handler) => handler.getCookie("foo", "default"), cookies), value);
  });
}

// --- setting ---

Deno.test("CookieHandler sets cookies in the order of their last call, each name once", async () => {
  const response = await respond((handler) => {
    handler.setCookie("a", "b", { domain: "example.com", maxAge: 5 });
    handler.setCookie("c", "d", { domain: "example.com" });
    handler.setCookie("a", "e");
    return handler.getCookie("a") ?? "what is set is for the next request";
  });
  assertEquals(fields(response), ["c=d; Domain=example.com; Path=/", "a=e; Path=/"]);
  assertEquals(JSON.parse(response.body).result, "what is set is for the next request");
});

Deno.test("CookieHandler sets cookies beside other Set-Cookie fields, with 304 and before a flush", async () => {
  const added = await respond((handler) => {
    handler.setCookie("a", "b");
    handler.addHeader("Set-Cookie", "mine=1");
  });
  assertEquals(fields(added), ["mine=1", "a=b; Path=/"]);
  const notModified = await respond((handler) => {
    handler.setCookie("a", "b");
    handler.setStatus(304);
  });
  assertEquals([notModified.status, fields(notModified)], [304, ["a=b; Path=/"]]);
  const flushed = await respond(async (handler) => {
    handler.setCookie("a", "b");
    await handler.flush();
    assertThrows(
      () => handler.setCookie("late", "x"),
      Error,
      'Cannot set cookie "late": the headers were sent already',
    );
  });
  assertEquals(fields(flushed), ["a=b; Path=/"]);
});

Deno.test("CookieHandler sets cookies with an error page too, and after clear", async () => {
  const error = await respond((handler) => {
    handler.setCookie("a", "b");
    handler.sendError(403);
  });
  assertEquals([error.status, fields(error)], [403, ["a=b; Path=/"]]);
  const cleared = await respond((handler) => {
    handler.setCookie("a", "b");
    handler.clear();
    handler.write("text");
  });
  assertEquals(fields(cleared), ["a=b; Path=/"]);
});

Deno.test("CookieHandler sets a cookie once, though the first attempt to send it failed", async () => {
  const response = await respond((handler) => {
    handler.setCookie("a", "b");
    handler.setStatus(204);
    assertThrows(() => handler.finish("a body"), Error, "Cannot send a body with status 204");
    handler.clear();
    handler.finish("text");
  });
  assertEquals([response.body, fields(response)], ["text", ["a=b; Path=/"]]);
});

Deno.test("CookieHandler answers 500 to a cookie that cannot be, and sets none", () =>
  expectLog({ level: "error", pattern: "TypeError: Cannot set cookie", times: 1 }, async () => {
    const response = await respond((handler) => handler.setCookie("a", "b\r\nSet-Cookie: c=d"));
    assertEquals([response.status, fields(response)], [500, []]);
  }));

// --- clearing ---

Deno.test("CookieHandler clears a cookie by an empty value of the past", async () => {
  const response = await respond((handler) => {
    handler.clearCookie("a");
    handler.clearCookie("b", { path: "/b", domain: "a.example", secure: true, sameSite: "none" });
    handler.clearCookie("__Host-c");
    handler.clearCookie("__Host-Http-d", { path: "/d", domain: "a.example" });
  });
  assertEquals(fields(response).map((field) => field.replace(PAST, "")), [
    'a=""; Path=/',
    'b=""; Domain=a.example; Path=/b; SameSite=none; Secure',
    '__Host-c=""; Path=/; Secure',
    '__Host-Http-d=""; HttpOnly; Path=/; Secure',
  ]);
  for (const field of fields(response)) {
    const age = Date.now() - Date.parse(/expires=([^;]+)/.exec(field)![1]!);
    assert(Math.abs(age - 365 * 86_400_000) < 10_000, field);
  }
});

Deno.test("CookieHandler refuses to clear a cookie at another time than at once", async () => {
  await respond((handler) => {
    for (const key of ["expires", "expiresDays", "maxAge"]) {
      assertThrows(() => handler.clearCookie("a", { [key]: 5 }), TypeError, `Cannot clear cookie "a": ${key}`);
    }
  });
});

Deno.test("CookieHandler clears all cookies that there can be, whatever names a client sends", async () => {
  const response = await respond(
    (handler) => handler.clearAllCookies({ path: "/a", domain: "a.example" }),
    "a=b; c d=e; path=f; nameless; é=g; __Host-h=i; __proto__=j",
  );
  assertEquals(response.status, 200);
  assertEquals(fields(response).map((field) => field.replace(PAST, "")), [
    'a=""; Domain=a.example; Path=/a',
    '__Host-h=""; Path=/; Secure',
    '__proto__=""; Domain=a.example; Path=/a',
  ]);
});

// --- signed cookies ---

Deno.test("CookieHandler reads the signed cookies that it set: text, bytes, in both versions", () =>
  expectNoLog(async () => {
    const settings = { cookieSecret: SECRET };
    const response = await respond(
      (handler) => {
        handler.setSignedCookie("text", "ä€");
        handler.setSignedCookie("bytes", new Uint8Array([0xe9, 0]), { version: 1, expiresDays: null, httpOnly: true });
        handler.setSecureCookie("old", "name", { path: "/x" });
      },
      "",
      settings,
    );
    const [text, bytes, old] = fields(response) as [string, string, string];
    const expires = Date.parse(/; expires=([^;]+); Path=\/$/.exec(text)![1]!);
    assert(Math.abs(expires - Date.now() - 30 * 86_400_000) < 10_000, text);
    assert(/^bytes="6QA=\|\d+\|[0-9a-f]{40}"; HttpOnly; Path=\/$/.test(bytes), bytes);
    assert(/^old="2\|1:0\|10:\d{10}\|3:old\|8:bmFtZQ==\|[0-9a-f]{64}"; expires=[^;]+; Path=\/x$/.test(old), old);
    const reading = (handler: RequestHandler) => [
      handler.getSignedCookieText("text"),
      [...handler.getSignedCookie("bytes")!],
      handler.getSignedCookie("bytes", { minVersion: 2 }) ?? "too old",
      handler.getSignedCookieText("bytes") ?? "no text",
      new TextDecoder().decode(handler.getSecureCookie("old")),
      handler.getSignedCookie("old", { maxAgeDays: -1 }) ?? "expired",
      handler.getSignedCookieKeyVersion("old"),
      handler.getSecureCookieKeyVersion("bytes") ?? "none",
      handler.getSignedCookie("missing") ?? "missing",
      handler.getSignedCookieText("missing") ?? "missing",
      handler.getSignedCookieKeyVersion("missing") ?? "missing",
    ];
    assertEquals(await read(reading, sendBack(response), settings), [
      ...["ä€", [0xe9, 0], "too old", "no text", "name", "expired", 0, "none", "missing", "missing", "missing"],
    ]);
  }));

Deno.test("CookieHandler signs values for other things than cookies", async () => {
  const result = await read(
    (handler) => {
      const value = handler.createSignedValue("reset", "user 5", { version: 1 });
      assertEquals(handler.getSignedCookie("other", { value: handler.createSignedValue("reset", "x") }), undefined);
      assertEquals(handler.getSignedCookieKeyVersion("any", { value: handler.createSignedValue("reset", "x") }), 0);
      return handler.getSignedCookieText("reset", { value });
    },
    "",
    { cookieSecret: SECRET },
  );
  assertEquals(result, "user 5");
});

Deno.test("CookieHandler follows a secret by another one, while old cookies stay valid", async () => {
  const [first, second] = ["ajklasdf0ojaisdf", "aslkjasaolwkjsdf"];
  const set = (handler: RequestHandler) => handler.setSignedCookie("foo", "bar");
  const get = (handler: RequestHandler) => handler.getSignedCookieText("foo");
  const cookies = sendBack(await respond(set, "", { cookieSecret: { 0: first, 1: second }, keyVersion: 0 }));
  const rotated = { cookieSecret: { 0: first, 1: second }, keyVersion: 1 };
  assertEquals(await read(get, cookies, rotated), "bar");
  assertEquals(await read((handler) => handler.getSignedCookieKeyVersion("foo"), cookies, rotated), 0);
  assertEquals(await read(get, cookies, { cookieSecret: { 1: second }, keyVersion: 1 }), null);
  const newer = sendBack(await respond(set, "", rotated));
  assertNotEquals(newer, cookies);
  assertEquals(await read(get, newer, { cookieSecret: { 1: second }, keyVersion: 1 }), "bar");
  // One secret has no versions to choose from, as in Tornado.
  const plain = sendBack(await respond(set, "", { cookieSecret: first, keyVersion: 1 }));
  assertEquals(await read((handler) => handler.getSignedCookieKeyVersion("foo"), plain, { cookieSecret: first }), 0);
});

Deno.test("CookieHandler refuses signed cookies without a secret, or without its version", async () => {
  const NEEDED = "Cannot use signed cookies: it needs the setting cookieSecret";
  await respond((handler) => {
    assertThrows(() => handler.setSignedCookie("a", "b"), TypeError, NEEDED);
    assertThrows(() => handler.getSignedCookie("a"), TypeError, NEEDED);
    assertThrows(() => handler.getSignedCookieText("a"), TypeError, NEEDED);
    assertThrows(() => handler.getSignedCookieKeyVersion("a"), TypeError, NEEDED);
    assertThrows(() => handler.createSignedValue("a", "b"), TypeError, NEEDED);
  });
  await respond(
    (handler) => {
      assertThrows(() => handler.setSignedCookie("a", "b"), TypeError, "Cannot sign with key version undefined");
    },
    "",
    { cookieSecret: { 1: "a" } },
  );
});

Deno.test("CookieHandler ignores a signed cookie that was changed", () => {
  const log: ExpectedLog = { level: "warning", pattern: 'Invalid signature of signed cookie "a"', times: 1 };
  return expectLog(log, async () => {
    const get = (handler: RequestHandler) => handler.getSignedCookieText("a");
    for (const cookie of ["a=b|1300000000|c", 'a="2|1:0|10:1300000000|1:a|4:YQ==|0000"', "a=x", "a="]) {
      assertEquals(await read(get, cookie, { cookieSecret: SECRET }), null, cookie);
    }
  });
});
