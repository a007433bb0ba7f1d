import { HTTPError, MissingArgumentError, RequestHandler } from "@denado/denado";
import type { HandlerClass } from "@denado/denado/web";
import { byteStringToBytes } from "@denado/denado/http";
import { assertEquals, assertThrows } from "@std/assert";
import * as v from "npm:valibot@^1.2.0";
import { z } from "npm:zod@^4.2.0";
import { type ExpectedLog, expectLog, expectNoLog } from "../../helpers/expect_log.ts";
import { header, type RawResponse } from "../../helpers/http_client.ts";
import { formPost, request, requestWithBody, serve } from "../../helpers/web_app.ts";

const FORM = "Content-Type: application/x-www-form-urlencoded\r\n";
const JSON_TYPE = "Content-Type: application/json\r\n";

/** A handler that answers GET and POST with what a function reads. */
function reader(read: (handler: RequestHandler) => unknown): HandlerClass {
  return class extends RequestHandler {
    override async get(): Promise<void> {
      this.write({ value: await read(this) ?? null });
    }
    override post(): Promise<void> {
      return this.get();
    }
  };
}

/** What is read of one request. */
async function read(from: string, read: (handler: RequestHandler) => unknown): Promise<unknown> {
  let response!: RawResponse;
  await expectNoLog(() =>
    serve(reader(read), async (server) => {
      response = await (await server.connect()).request(from);
    })
  );
  return JSON.parse(decode(response.body)).value;
}

/** The response to a request that is refused with one line in the log. */
async function refuse(
  from: string,
  read: (handler: RequestHandler) => unknown,
  log: ExpectedLog["pattern"],
): Promise<RawResponse> {
  let response!: RawResponse;
  const expected: ExpectedLog = { level: "warning", category: "denado.general", pattern: log, times: 1 };
  await expectLog(expected, (messages) =>
    serve(reader(read), async (server) => {
      const client = await server.connect();
      response = await client.request(from);
      assertEquals((await client.request(request("GET /again"))).body, "Hello");
      assertEquals(messages.filter(({ category }) => category !== "denado.access").length, 1);
    }));
  return response;
}

function decode(latin1: string): string {
  return new TextDecoder().decode(byteStringToBytes(latin1));
}

// --- text ---

interface TextCase {
  readonly name: string;
  readonly from: string;
  readonly read: (handler: RequestHandler) => unknown;
  readonly value: unknown;
}

const BOTH = formPost("/?a=query&b=1&b=2", "a=body&b=3&c=4");
const TEXTS: TextCase[] = [
  { name: "an argument of the query", from: request("GET /?a=b"), read: (h) => h.getArgument("a"), value: "b" },
  { name: "an argument without a value", from: request("GET /?a"), read: (h) => h.getArgument("a"), value: "" },
  { name: "the body before the query", from: BOTH, read: (h) => h.getArgument("a"), value: "body" },
  {
    name: "all values, those of the query first",
    from: BOTH,
    read: (h) => h.getArguments("b"),
    value: ["1", "2", "3"],
  },
  { name: "the last value of the query", from: BOTH, read: (h) => h.getQueryArgument("b"), value: "2" },
  { name: "all values of the query", from: BOTH, read: (h) => h.getQueryArguments("b"), value: ["1", "2"] },
  { name: "a value of the body", from: BOTH, read: (h) => h.getBodyArgument("b"), value: "3" },
  { name: "all values of the body", from: BOTH, read: (h) => h.getBodyArguments("b"), value: ["3"] },
  { name: "no body argument of the query", from: BOTH, read: (h) => h.getQueryArgument("c", "none"), value: "none" },
  { name: "no values", from: BOTH, read: (h) => h.getArguments("missing"), value: [] },
  { name: "a default", from: BOTH, read: (h) => h.getArgument("missing", "default"), value: "default" },
  { name: "null as a default", from: BOTH, read: (h) => String(h.getArgument("missing", null)), value: "null" },
  {
    name: "undefined as a default",
    from: BOTH,
    read: (h) => String(h.getArgument("missing", { default: undefined })),
    value: "undefined",
  },
  { name: "UTF-8", from: request("GET /?%C3%A4=%E2%82%AC+%2B"), read: (h) => h.getArgument("ä"), value: "€ +" },
  { name: "stripped text", from: request("GET /?a=+%00b%1f%0Ac+"), read: (h) => h.getArgument("a"), value: "b \nc" },
  {
    name: "text as it is",
    from: request("GET /?a=+b%0A"),
    read: (h) => [h.getArgument("a", { strip: false }), h.getArguments("a", { strip: false })],
    value: [" b\n", [" b\n"]],
  },
  { name: "a default as it is", from: request("GET /"), read: (h) => h.getArgument("a", " b "), value: " b " },
  {
    name: "fields of multipart/form-data",
    from: requestWithBody(
      "POST /?a=1",
      '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xc3\xa4\r\n--x--\r\n',
      "Content-Type: multipart/form-data; boundary=x\r\n",
    ),
    read: (h) => [h.getArguments("a"), h.getBodyArgument("a")],
    value: [["1", "ä"], "ä"],
  },
  {
    name: "no arguments of a body of another type",
    from: requestWithBody("POST /", "a=b", "Content-Type: text/plain\r\n"),
    read: (h) => h.getArgument("a", null),
    value: null,
  },
  {
    name: "no properties of objects",
    from: request("GET /?b=c"),
    read: (h) => [h.getArgument("__proto__", null), h.getArgument("constructor", null)],
    value: [null, null],
  },
];

for (const { name, from, read: readIt, value } of TEXTS) {
  Deno.test(`ArgumentHandler reads ${name}`, async () => assertEquals(await read(from, readIt), value));
}

Deno.test("ArgumentHandler answers 400 where an argument is missing, and names it", async () => {
  const response = await refuse(
    request("GET /?b=c"),
    (h) => h.getArgument("a"),
    "400 GET /?b=c (127.0.0.1): Missing argument a",
  );
  assertEquals([response.status, response.reason], [400, "Bad Request"]);
  assertEquals(
    response.body,
    "<html><title>400: Bad Request</title><body>400: Bad Request<ul><li>a: is missing</li></ul></body></html>",
  );
});

Deno.test("MissingArgumentError knows the name of the argument", async () => {
  await read(request("GET /"), (handler) => {
    const error = assertThrows(() => handler.getBodyArgument("a"), MissingArgumentError);
    assertEquals([error.argName, error.message], ["a", "HTTP 400: Bad Request (Missing argument a)"]);
    assertEquals([error.name, error instanceof HTTPError], ["MissingArgumentError", true]);
  });
});

const GETTERS: [name: string, get: (handler: RequestHandler) => unknown][] = [
  ["getArgument", (handler) => handler.getArgument("a")],
  ["getArguments", (handler) => handler.getArguments("a")],
  ["getQueryArgument", (handler) => handler.getQueryArgument("a")],
  ["getQueryArguments", (handler) => handler.getQueryArguments("a")],
];

for (const [name, get] of GETTERS) {
  Deno.test(`ArgumentHandler.${name} answers 400 to text that is not UTF-8, also if it is not the last one`, async () => {
    const pattern = /: Invalid UTF-8 in "a": "é\\u0000"$/;
    const response = await refuse(request("GET /?a=%e9%00&a=b"), get, pattern);
    assertEquals([response.status, response.body.includes("<ul>")], [400, false]);
  });
}

Deno.test("ArgumentHandler answers 400 to a form that is none", async () => {
  const from = requestWithBody("POST /", "x", "Content-Type: multipart/form-data\r\n");
  assertEquals((await refuse(from, (h) => h.getArgument("a", ""), "no boundary")).status, 400);
});

Deno.test("ArgumentHandler decodes by decodeArgument, which may be overridden", () =>
  expectNoLog(() =>
    serve(
      class extends RequestHandler {
        override decodeArgument(value: string, name?: string): string {
          return `${name}:${new TextDecoder("windows-1252").decode(byteStringToBytes(value))}`;
        }
        override get(): void {
          this.write(this.getArgument("a"));
        }
      },
      async (server) => {
        const response = await (await server.connect()).request(request("GET /?a=%80"));
        assertEquals(decode(response.body), "a:€");
      },
    )
  ));

// --- types ---

const TYPED: TextCase[] = [
  {
    name: "a whole number",
    from: request("GET /?page=+7+"),
    read: (h) => h.getArgument("page", { type: "integer", default: 1, min: 1 }) + 1,
    value: 8,
  },
  {
    name: "a default where a number is empty",
    from: request("GET /?page="),
    read: (h) => h.getArgument("page", { type: "integer", default: 1 }),
    value: 1,
  },
  {
    name: "the last of several",
    from: request("GET /?page=x&page=2"),
    read: (h) => h.getArgument("page", { type: "integer" }),
    value: 2,
  },
  {
    name: "whole numbers, without empty ones",
    from: formPost("/?id=1&id=", "id=+&id=2"),
    read: (h) => h.getArguments("id", { type: "integer" }),
    value: [1, 2],
  },
  {
    name: "one of several texts",
    from: request("GET /?order=new"),
    read: (h) => h.getQueryArgument("order", { type: ["new", "old"], default: "old" }),
    value: "new",
  },
  {
    name: "a checkbox that is set",
    from: formPost("/", "a=on"),
    read: (
      h,
    ) => [
      h.getBodyArgument("a", { type: "boolean", default: false }),
      h.getBodyArgument("b", { type: "boolean", default: false }),
    ],
    value: [true, false],
  },
  {
    name: "what a schema makes of it",
    from: request("GET /?mail=A@B.example"),
    read: (h) => h.getArgument("mail", { type: z.email().toLowerCase() }),
    value: "a@b.example",
  },
  {
    name: "an argument that may come once, and does",
    from: request("GET /?a=1"),
    read: (h) => h.getArgument("a", { type: "integer", once: true }),
    value: 1,
  },
];

for (const { name, from, read: readIt, value } of TYPED) {
  Deno.test(`ArgumentHandler converts ${name}`, async () => assertEquals(await read(from, readIt), value));
}

Deno.test("ArgumentHandler answers 400 to what is not of its type, and names field and reason", async () => {
  const get = (handler: RequestHandler) => handler.getArgument("page", { type: "integer", default: 1, max: 9 });
  const html = await refuse(
    request("GET /?page=x"),
    get,
    /^400 GET .*: Invalid input: page: must be a whole number$/,
  );
  assertEquals([html.status, html.body.includes("<li>page: must be a whole number</li>")], [400, true]);
  const json = await refuse(request("GET /?page=10", "Accept: application/json\r\n"), get, "page: must be at most 9");
  assertEquals(header(json, "Content-Type"), "application/problem+json");
  assertEquals(JSON.parse(json.body), {
    title: "Bad Request",
    status: 400,
    errors: [{ field: "page", message: "must be at most 9" }],
  });
});

Deno.test("ArgumentHandler answers 400 where a number without a default is missing or empty", async () => {
  for (const query of ["", "?a=", "?a=+&a="]) {
    await refuse(request(`GET /${query}`), (h) => h.getArgument("a", { type: "number" }), "Missing argument a");
  }
});

Deno.test("ArgumentHandler answers 400 to an argument that may come once and comes twice", async () => {
  const get = (handler: RequestHandler) => handler.getArgument("a", { once: true });
  await refuse(request("GET /?a=1&a=1"), get, "Invalid input: a: must come once only");
  await refuse(formPost("/?a=1", "a=2"), get, "Invalid input: a: must come once only");
});

// --- schemas ---

const QUERY = z.strictObject({
  q: z.string(),
  page: z.coerce.number().int().min(1).default(1),
  tag: z.array(z.string()),
});

Deno.test("ArgumentHandler validates the query by a schema", async () => {
  const validate = (handler: RequestHandler) => handler.validateQuery(QUERY, { lists: ["tag"] });
  assertEquals(await read(request("GET /?q=+a+&page=3&tag=x"), validate), { q: "a", page: 3, tag: ["x"] });
  assertEquals(await read(request("GET /?q=a&tag=x&tag=y"), validate), { q: "a", page: 1, tag: ["x", "y"] });
  assertEquals(await read(formPost("/?q=a", "q=body"), validate), { q: "a", page: 1, tag: [] });
});

Deno.test("ArgumentHandler answers 400 to a query that the schema refuses, and names every field", async () => {
  const validate = (handler: RequestHandler) => handler.validateQuery(QUERY, { lists: ["tag"] });
  const response = await refuse(
    request("GET /?page=0&page=1&extra=", "Accept: application/json\r\n"),
    validate,
    "Invalid input: q: ",
  );
  assertEquals(response.status, 400);
  assertEquals(JSON.parse(response.body).errors.map(({ field }: { field: string }) => field), ["q", "page", ""]);
});

Deno.test("ArgumentHandler validates a form by a schema", async () => {
  const schema = v.object({ name: v.pipe(v.string(), v.minLength(2)), age: v.pipe(v.string(), v.toNumber()) });
  const validate = (handler: RequestHandler) => handler.validateForm(schema);
  assertEquals(await read(formPost("/?name=query", "name=%C3%A4b&age=5"), validate), { name: "äb", age: 5 });
  await refuse(formPost("/", "name=a&age=5"), validate, "Invalid input: name: ");
  await refuse(formPost("/?name=ab&age=5", ""), validate, "Invalid input: name: ");
  await refuse(formPost("/", "name=%ff&age=5"), validate, 'Invalid UTF-8 in "name"');
});

Deno.test("ArgumentHandler gives schemas an object that inherits nothing, whatever the client sends", async () => {
  const seen: unknown[] = [];
  const schema = v.custom<object>((value) => seen.push(value) > 0);
  await read(request("GET /?__proto__=a&constructor=b"), (handler) => handler.validateQuery(schema).then(() => null));
  const [fields] = seen as [Record<string, unknown>];
  assertEquals(Object.getPrototypeOf(fields), null);
  assertEquals(Object.entries(fields), [["__proto__", "a"], ["constructor", "b"]]);
});

Deno.test("ArgumentHandler reads and validates a JSON body", async () => {
  const from = requestWithBody("POST /?a=1", '{"items": [{"count": 1}]}', JSON_TYPE);
  assertEquals(await read(from, (h) => h.getJsonBody()), { items: [{ count: 1 }] });
  const schema = z.object({ items: z.array(z.object({ count: z.number().max(5) })) });
  assertEquals(await read(from, (h) => h.validateJsonBody(schema)), { items: [{ count: 1 }] });
  const tooMany = requestWithBody("POST /", '{"items": [{"count": 1}, {"count": 6}]}', JSON_TYPE);
  const response = await refuse(tooMany, (h) => h.validateJsonBody(schema), "Invalid input: items.1.count: ");
  assertEquals(JSON.parse(response.body).errors[0].field, "items.1.count");
});

Deno.test("ArgumentHandler answers 400 or 415 to a body that is not JSON", async () => {
  const get = (handler: RequestHandler) => handler.getJsonBody();
  const secret = requestWithBody("POST /", '{"password": "secret}', JSON_TYPE);
  const response = await refuse(secret, get, /Invalid input: The body must be JSON$/);
  assertEquals([response.status, response.body.includes("secret")], [400, false]);
  assertEquals((await refuse(requestWithBody("POST /", "a=1", FORM), get, "not JSON")).status, 415);
  assertEquals((await refuse(request("GET /"), get, "not JSON: no type")).status, 415);
});

Deno.test("ArgumentHandler keeps the log to one line of bounded length, whatever a client sends", async () => {
  const schema = z.record(z.string(), z.number());
  const names = Array.from({ length: 900 }, (_, index) => `%0aERROR%e2%80%a8${index}${"x".repeat(10)}=a`);
  const from = formPost("/", names.join("&"));
  const response = await refuse(from, (h) => h.validateForm(schema), /^400 POST [^\n\u2028]{0,900}; and 895 more$/);
  assertEquals(response.body.split("<li>").length, 101);
});
