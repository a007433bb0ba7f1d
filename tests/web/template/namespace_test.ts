import { Template } from "@denado/denado/template";
import { assertEquals } from "@std/assert";
import { DEFAULT_NAMESPACE } from "../../../web/template/namespace.ts";

Deno.test("the default names are there under Tornado's and under JavaScript's spelling", () => {
  for (
    const [tornado, own] of [["xhtml_escape", "xhtmlEscape"], ["url_escape", "urlEscape"], [
      "json_encode",
      "jsonEncode",
    ]]
  ) {
    assertEquals(DEFAULT_NAMESPACE.get(tornado!), DEFAULT_NAMESPACE.get(own!));
  }
  for (const name of ["escape", "squeeze", "linkify", "datetime"]) {
    assertEquals(typeof DEFAULT_NAMESPACE.get(name), "function");
  }
});

Deno.test("linkify takes the spelling of Tornado's arguments too", () => {
  const text = "{% raw linkify('www.a.example', extra_params='rel=x', require_protocol=False) %}";
  assertEquals(new Template(text).render(), '<a href="http://www.a.example" rel=x>www.a.example</a>');
  assertEquals(new Template("{% raw linkify('www.a', { requireProtocol: true }) %}").render(), "www.a");
});

Deno.test("datetime is Date", () => {
  assertEquals(new Template("{{ new datetime(0).toISOString() }}").render(), "1970-01-01T00:00:00.000Z");
});
