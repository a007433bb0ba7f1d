import { HTTPHeaders } from "@denado/denado/http";
import { assertEquals } from "@std/assert";
import { argumentErrorPage } from "../../web/argument_error_page.ts";

const STATUS = { code: 400, reason: "Bad Request" };
const ISSUES = [{ field: "page", message: "must be <1>" }, { field: "", message: "The body's end" }];

const NEGOTIATION: [headers: Record<string, string>, isJson: boolean][] = [
  [{}, false],
  [{ "Accept": "*/*" }, false],
  [{ "Accept": "text/html,application/xhtml+xml,*/*;q=0.8" }, false],
  [{ "Accept": "application/json" }, true],
  [{ "Accept": "application/problem+json" }, true],
  [{ "Accept": "text/html, application/json" }, false],
  [{ "Content-Type": "application/json" }, true],
  [{ "Content-Type": "application/json", "Accept": "*/*" }, true],
  [{ "Content-Type": "application/json", "Accept": "text/html" }, false],
  [{ "Content-Type": "application/x-www-form-urlencoded" }, false],
];

for (const [headers, isJson] of NEGOTIATION) {
  Deno.test(`argumentErrorPage answers ${JSON.stringify(headers)} with ${isJson ? "JSON" : "HTML"}`, () => {
    const page = argumentErrorPage(new HTTPHeaders(headers), STATUS, ISSUES);
    assertEquals(
      page,
      isJson
        ? {
          contentType: "application/problem+json",
          body: JSON.stringify({ title: "Bad Request", status: 400, errors: ISSUES }),
        }
        : {
          contentType: "text/html; charset=UTF-8",
          body: "<html><title>400: Bad Request</title><body>400: Bad Request" +
            "<ul><li>page: must be &lt;1&gt;</li><li>The body&#x27;s end</li></ul></body></html>",
        },
    );
  });
}

Deno.test("argumentErrorPage ends after a hundred issues", () => {
  const issues = Array.from({ length: 5000 }, (_, index) => ({ field: String(index), message: "no" }));
  assertEquals(argumentErrorPage(new HTTPHeaders(), STATUS, issues).body.split("<li>").length, 101);
  const headers = new HTTPHeaders({ "Accept": "application/json" });
  assertEquals(JSON.parse(argumentErrorPage(headers, STATUS, issues).body).errors.length, 100);
});
