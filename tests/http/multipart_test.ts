import { HTTPInputError } from "../../http/errors.ts";
import { bytesToByteString, byteStringToBytes } from "../../http/form_data.ts";
import { type FormFields, type ParseMultipartConfig, parseMultipartFormData } from "../../http/multipart.ts";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { PYTHON, runPython } from "../helpers/python_tornado.ts";
import { Random } from "../helpers/random.ts";

const encoder = new TextEncoder();

/** Parses text with LF as its line ends. */
function parse(text: string, boundary = "1234", config?: ParseMultipartConfig): FormFields {
  return parseMultipartFormData(boundary, encoder.encode(text.replaceAll("\n", "\r\n")), config);
}

/** A form as plain data, with all bytes as text. */
function plain(form: FormFields): unknown {
  return {
    arguments: [...form.arguments],
    files: [...form.files].map(([name, files]) => [
      name,
      files.map((file) => [file.filename, file.contentType, bytesToByteString(file.body)]),
    ]),
  };
}

const FOO = `--1234\nContent-Disposition: form-data; name="files"; filename="ab.txt"\n\nFoo\n--1234--`;
const FOO_FORM = { arguments: [], files: [["files", [["ab.txt", "application/unknown", "Foo"]]]] };
const A = 'Content-Disposition: form-data; name="a"';
const A_FORM = { arguments: [["a", ["x"]]], files: [] };
const EMPTY_FORM = { arguments: [], files: [] };

interface Accepted {
  readonly name: string;
  readonly body: string;
  readonly form: unknown;
  readonly boundary?: string;
  /** Why the Tornado that this is compared with does something else. */
  readonly differs?: string;
}

const ACCEPTED: Accepted[] = [
  { name: "a file", body: FOO, form: FOO_FORM },
  { name: "names without quotes", body: FOO.replaceAll('"', ""), form: FOO_FORM },
  { name: "a quoted boundary", body: FOO, form: FOO_FORM, boundary: '"1234"' },
  { name: "a line end behind the final boundary", body: `${FOO}\n`, form: FOO_FORM },
  { name: "an epilogue", body: `${FOO}anything\n--1234\nat all`, form: FOO_FORM },
  {
    name: "a preamble",
    body: `This is a message in MIME format\n${FOO}`,
    form: FOO_FORM,
    differs: "Tornado takes a preamble for a part; RFC 2046 5.1.1",
  },
  { name: "no parts", body: "--1234--\n", form: EMPTY_FORM },
  { name: "an argument", body: `--1234\n${A}\n\nx\n--1234--`, form: A_FORM },
  {
    name: "an argument twice",
    body: `--1234\n${A}\n\nx\n--1234\n${A}\n\ny\n--1234--`,
    form: { arguments: [["a", ["x", "y"]]], files: [] },
  },
  { name: "an empty value", body: `--1234\n${A}\n\n\n--1234--`, form: { arguments: [["a", [""]]], files: [] } },
  {
    name: "nothing behind the header",
    body: `--1234\n${A}\n\n--1234--`,
    form: { arguments: [["a", [""]]], files: [] },
  },
  { name: "nothing between two delimiters", body: `--1234\n--1234\n${A}\n\nx\n--1234--`, form: A_FORM },
  {
    name: "line ends in the value",
    body: `--1234\n${A}\n\n\nx\n\n\n--1234--`,
    form: { arguments: [["a", ["\r\nx\r\n\r\n"]]], files: [] },
  },
  {
    name: "lines in the value that only begin like a boundary",
    body: `--1234\n${A}\n\n--12345\n--123\n-1234\n--1234\n--1234--`.replace("-1234\n--1234\n", "-1234\n--12340\n"),
    form: { arguments: [["a", ["--12345\r\n--123\r\n-1234\r\n--12340"]]], files: [] },
  },
  {
    name: "text in a line of the value that looks like a boundary",
    body: `--1234\n${A}\n\nx--1234\ny\n--1234--`,
    form: { arguments: [["a", ["x--1234\r\ny"]]], files: [] },
    differs: "Tornado divides there, and finds no header; RFC 2046 5.1.1",
  },
  {
    name: "blanks behind a boundary",
    body: `--1234 \t \n${A}\n\nx\n--1234--`,
    form: A_FORM,
    differs: "Tornado does not know padding; RFC 2046 5.1.1",
  },
  {
    name: "a final boundary before the last one",
    body: `--1234\n${A}\n\nx\n--1234--\n\n--1234--`,
    form: A_FORM,
    differs: "Tornado looks for the last one; RFC 2046 5.1.1",
  },
  {
    name: "a content type",
    body: FOO.replace("\n\n", "\nContent-Type: text/plain; charset=x\n\n"),
    form: { arguments: [], files: [["files", [["ab.txt", "text/plain; charset=x", "Foo"]]]] },
  },
  { name: "header names in any case", body: FOO.replace("Content-Disposition", "content-DISPOSITION"), form: FOO_FORM },
  { name: "other headers", body: FOO.replace("\n\n", "\nX-Any: thing\n\n"), form: FOO_FORM },
  { name: "a folded header", body: FOO.replace("; filename", ";\n\tfilename"), form: FOO_FORM },
  { name: "an empty file name", body: `--1234\n${A}; filename=""\n\nx\n--1234--`, form: A_FORM },
  {
    name: "an extended file name",
    body: FOO.replace('txt"', `txt"; filename*=UTF-8''%C3%A1b.txt`),
    form: { arguments: [], files: [["files", [["áb.txt", "application/unknown", "Foo"]]]] },
  },
  {
    name: "a file name in UTF-8",
    body: FOO.replace("ab.txt", "测试.txt"),
    form: { arguments: [], files: [["files", [["测试.txt", "application/unknown", "Foo"]]]] },
  },
  {
    name: "a value in UTF-8, as bytes",
    body: `--1234\n${A}\n\né\n--1234--`,
    form: { arguments: [["a", ["\xc3\xa9"]]], files: [] },
  },
  {
    name: "a name in UTF-8",
    body: `--1234\n${A.replace('a"', 'é"')}\n\nx\n--1234--`,
    form: { arguments: [["é", ["x"]]], files: [] },
  },
  {
    name: "the disposition in another case",
    body: FOO.replace("form-data", "Form-Data"),
    form: FOO_FORM,
    differs: "RFC 6266 4.1: in any case",
  },
  {
    name: "a boundary with punctuation",
    body: `--=_(1)'+,./:? x\n${A}\n\nx\n--=_(1)'+,./:? x--`,
    form: A_FORM,
    boundary: "=_(1)'+,./:? x",
  },
  {
    name: "a boundary of 70 characters",
    body: FOO.replaceAll("1234", "b".repeat(70)),
    form: FOO_FORM,
    boundary: "b".repeat(70),
  },
];

const FILE_NAMES = [
  "a;b.txt",
  'a"b.txt',
  'a";b.txt',
  'a;"b.txt',
  'a";";.txt',
  'a\\"b.txt',
  "a\\b.txt",
  "a b.txt",
  "a\tb.txt",
];

for (const name of FILE_NAMES) {
  const quoted = name.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  ACCEPTED.push({
    name: `the file name ${JSON.stringify(name)}`,
    body: FOO.replace("ab.txt", () => quoted),
    form: { arguments: [], files: [["files", [[name, "application/unknown", "Foo"]]]] },
  });
}

for (const { name, body, form, boundary } of ACCEPTED) {
  Deno.test(`parseMultipartFormData accepts ${name}`, () => assertEquals(plain(parse(body, boundary)), form));
}

const REFUSED: [name: string, body: string, message: string, boundary?: string][] = [
  ["an empty body", "", "no final boundary"],
  ["another boundary", FOO, "no final boundary", "12345"],
  ["a body that ends early", FOO.slice(0, -2), "no final boundary"],
  ["a part without headers", "--1234\n\nFoo\n--1234--", "without headers"],
  ["a part without headers and with an empty line", `--1234\n\n${A}\n\nFoo\n--1234--`, "without headers"],
  ["a part that is a header only", `--1234\n${A}\n--1234--`, "without headers"],
  ["another disposition", FOO.replace("form-data", "invalid"), 'no form-data: "invalid; name'],
  ["no disposition", FOO.replace("Content-Disposition", "X-A"), 'no form-data: ""'],
  ["a part without a name", FOO.replace('name="files"; ', ""), "without a name"],
  ["a part with an empty name", FOO.replace("files", ""), "without a name"],
  ["a part with a bare name", FOO.replace('name="files"', "name"), "without a name"],
  ["no line end before the final boundary", FOO.replace("Foo\n", "Foo"), "no final boundary"],
  ["a header line without a colon", FOO.replace("\n\n", "\nX-A\n\n"), "No colon in field line"],
  ["a boundary in the header", `--1234\n${A}\n--1234\n${A}\n\nx\n--1234--`, "without headers"],
  ["a folded first line", FOO.replace("Content", " Content"), "begin with a blank"],
  ["CR in a file name", FOO.replace("ab", "a\rb"), "Invalid field value"],
  ["NUL in a file name", FOO.replace("ab", "a\0b"), "Invalid field value"],
  ["BS in a file name", FOO.replace("ab", "a\x08b"), "Invalid field value"],
  ["an empty boundary", "----", "invalid boundary", ""],
  ["an empty quoted boundary", "----", "invalid boundary", '""'],
  ["a boundary of 71 characters", FOO, "invalid boundary", "b".repeat(71)],
  ["a boundary with a line end", FOO, "invalid boundary", "a\r\nb"],
  ["a boundary that ends with a blank", FOO, "invalid boundary", "1234 "],
  ["a boundary outside of ASCII", FOO, "invalid boundary", "b\xe4r"],
];

for (const [name, body, message, boundary] of REFUSED) {
  Deno.test(`parseMultipartFormData refuses ${name}`, () => {
    assertThrows(() => parse(body, boundary), HTTPInputError, message);
  });
}

Deno.test("parseMultipartFormData refuses a header that is not UTF-8", () => {
  const body = byteStringToBytes(FOO.replace("ab", "\xe4").replaceAll("\n", "\r\n"));
  assertThrows(() => parseMultipartFormData("1234", body), HTTPInputError, "not UTF-8");
});

Deno.test("parseMultipartFormData refuses line ends without CR", () => {
  assertThrows(() => parseMultipartFormData("1234", encoder.encode(FOO)), HTTPInputError);
});

Deno.test("parseMultipartFormData keeps every byte of a file, and copies none", () => {
  const content = Uint8Array.from({ length: 1024 }, (_, index) => index);
  const head = encoder.encode(FOO.slice(0, FOO.indexOf("Foo")).replaceAll("\n", "\r\n"));
  const body = new Uint8Array([...head, ...content, ...encoder.encode("\r\n--1234--\r\n")]);
  const file = parseMultipartFormData("1234", body).files.get("files")![0]!;
  assertEquals(file.body, content);
  assertStrictEquals(file.body.buffer, body.buffer);
});

Deno.test("parseMultipartFormData reads a body inside of a larger buffer", () => {
  const bytes = encoder.encode(`x${FOO}x`.replaceAll("\n", "\r\n"));
  assertEquals(plain(parseMultipartFormData("1234", bytes.subarray(1, -1))), FOO_FORM);
});

// --- limits ---

const part = (header = A) => `--1234\n${header}\n\nx\n`;

Deno.test("parseMultipartFormData accepts 100 parts and refuses 101", () => {
  assertEquals(parse(`${part().repeat(100)}--1234--`).arguments.get("a")!.length, 100);
  assertThrows(() => parse(`${part().repeat(101)}--1234--`), HTTPInputError, "more than 100 parts");
  assertThrows(() => parse(`${"--1234\n".repeat(102)}--1234--`), HTTPInputError, "more than 100 parts");
});

Deno.test("parseMultipartFormData counts parts against maxParts", () => {
  assertEquals(plain(parse(`${part()}--1234--`, "1234", { maxParts: 1 })), A_FORM);
  assertThrows(() => parse(`${part()}--1234--`, "1234", { maxParts: 0 }), HTTPInputError, "more than 0 parts");
  assertEquals(plain(parse("--1234--", "1234", { maxParts: 0 })), EMPTY_FORM);
});

Deno.test("parseMultipartFormData looks at nothing behind the part that is one too many", () => {
  const body = `${part()}${part("no header")}${part()}--1234--`;
  assertThrows(() => parse(body, "1234", { maxParts: 1 }), HTTPInputError, "more than 1 parts");
});

Deno.test("parseMultipartFormData accepts a part header of 10240 bytes and refuses one more", () => {
  const long = (size: number) => part(A.padEnd(size, "x").replace('"a"x', '"a";'));
  assertEquals(parse(`${long(10_240)}--1234--`).arguments.get("a"), ["x"]);
  assertThrows(() => parse(`${long(10_241)}--1234--`), HTTPInputError, "more than 10240 bytes");
  assertThrows(
    () => parse(`${part()}--1234--`, "1234", { maxPartHeaderSize: 10 }),
    HTTPInputError,
    "more than 10 bytes",
  );
  const exact = { maxPartHeaderSize: A.length };
  assertEquals(plain(parse(`${part()}--1234--`, "1234", exact)), A_FORM);
});

Deno.test("parseMultipartFormData parses nothing where it is disabled", () => {
  assertThrows(() => parse(FOO, "1234", { enabled: false }), HTTPInputError, "disabled");
});

const LONG: [name: string, value: string][] = [
  ["lines", "\r\n".repeat(500_000)],
  ["line ends in a row", "\r".repeat(1_000_000)],
  ["lines that begin like a delimiter", `\r\n--${"b".repeat(69)}`.repeat(20_000)],
  ["delimiters with blanks and no line end", `\r\n--${"b".repeat(70)}${" ".repeat(1000)}x`.repeat(1000)],
  ["final boundaries inside of lines", `--${"b".repeat(70)}--`.repeat(20_000)],
];

for (const [name, value] of LONG) {
  // What is quadratic would take minutes here.
  Deno.test(`parseMultipartFormData takes a megabyte of ${name} in its stride`, () => {
    const boundary = "b".repeat(70);
    const body = encoder.encode(`--${boundary}\r\n${A}\r\n\r\n.${value}\r\n--${boundary}--`);
    assertEquals(parseMultipartFormData(boundary, body).arguments.get("a")![0]!.length, value.length + 1);
  });
}

const HEADERS: [name: string, header: string][] = [
  ["semicolons in quotes", `${A}; x="${";".repeat(1_000_000)}"`],
  ["folded lines", `${A}${"\n ;".repeat(300_000)}`],
  ["header lines", `${A}${"\nA:".repeat(300_000)}`],
];

for (const [name, header] of HEADERS) {
  Deno.test(`parseMultipartFormData takes a megabyte of ${name} in its stride`, () => {
    assertEquals(plain(parse(`${part(header)}--1234--`, "1234", { maxPartHeaderSize: Infinity })), A_FORM);
  });
}

Deno.test("parseMultipartFormData looks for the header of a part no further than its limit", () => {
  // A body of 64 MB in which no part has the end of a header: each search may look at 10 KB.
  const body = new Uint8Array(64 << 20);
  let searched = 0;
  const counting = new Proxy(body, {
    get(target, key) {
      if (key === "subarray") {
        return (from: number, to: number) => {
          searched += to - from;
          return target.subarray(from, to);
        };
      }
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const head = encoder.encode(`--1234\r\n${A}`);
  body.set(head);
  body.set(encoder.encode("\r\n--1234--"), body.length - 10);
  assertThrows(() => parseMultipartFormData("1234", counting), HTTPInputError, "more than 10240 bytes");
  assertEquals(searched < 11_000, true);
});

// --- Tornado itself ---

const SCRIPT = `
import json, logging, sys
from tornado.httputil import parse_multipart_form_data

class Warned(logging.Handler):
    def emit(self, record):
        results.append("error")

logging.getLogger("tornado.general").addHandler(Warned())
forms = []
for boundary, body in json.load(sys.stdin):
    args, files, results = {}, {}, []
    try:
        parse_multipart_form_data(boundary.encode(), body.encode("latin1"), args, files)
    except Exception:
        results.append("error")
    forms.append("error" if results else {
        "arguments": [[name, [v.decode("latin1") for v in values]] for name, values in args.items()],
        "files": [[name, [[f.filename, f.content_type, f.body.decode("latin1")] for f in list]] for name, list in files.items()],
    })
print(json.dumps(forms))
`;

function toInput(body: string, boundary = "1234"): [string, string] {
  return [boundary, bytesToByteString(encoder.encode(body.replaceAll("\n", "\r\n")))];
}

Deno.test("parseMultipartFormData accepts what Tornado accepts, with the same result", PYTHON, async () => {
  const forms = await runPython(SCRIPT, ACCEPTED.map(({ body, boundary }) => toInput(body, boundary))) as unknown[];
  for (const [index, { name, form, differs }] of ACCEPTED.entries()) {
    if (differs === undefined) assertEquals(forms[index], form, name);
  }
});

Deno.test("parseMultipartFormData reads forms made at random as Tornado does", PYTHON, async () => {
  const random = new Random(3);
  // None ends with a backslash: Tornado takes the two of it and the quotation mark behind them for an escaped one.
  const texts = ["", "a", "b c", "é", "测", 'q"q', "a\\b", 'a\\"', ";", "a=b", "--1234", "a%41", "x".repeat(300)];
  const contents = ["", "x", "\r\n", "\r\n\r\n", "x--1234-", "\r\n--123", "\0\xff", "é", "y".repeat(5000)];
  const bodies = Array.from({ length: 300 }, () => {
    let body = "";
    for (let parts = random.below(5); parts > 0; parts--) {
      const quote = (text: string) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
      let disposition = `Content-Disposition: form-data; name=${quote(`n${random.pick(texts)}`)}`;
      if (random.below(2) === 0) disposition += `; filename=${quote(random.pick(texts))}`;
      if (random.below(2) === 0) disposition += `\r\nContent-Type: ${random.pick(["text/plain", 'a/b; c="d;e"'])}`;
      body += `--1234\r\n${disposition}\r\n\r\n${random.pick(contents)}${random.pick(contents)}\r\n`;
    }
    return `${body}--1234--\r\n`;
  });
  const inputs = bodies.map((body) => ["1234", bytesToByteString(encoder.encode(body))]);
  const forms = await runPython(SCRIPT, inputs) as unknown[];
  for (const [index, body] of bodies.entries()) {
    assertEquals(plain(parseMultipartFormData("1234", encoder.encode(body))), forms[index], body);
  }
});
