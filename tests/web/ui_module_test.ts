import { RequestHandler, UIModule } from "@denado/denado";
import { TemplateModule } from "@denado/denado/web";
import { DictLoader } from "@denado/denado/template";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { expectNoLog } from "../helpers/expect_log.ts";
import { respond } from "../helpers/web_app.ts";

const RESOURCES = "{{ set_resources(embedded_css='.a {}', css_files='/a.css', javascript_files=['/a.js', '/b.js'], " +
  "embedded_javascript='a();', html_head='<meta>', html_body='<!-- a -->') }}";

Deno.test("UIModule adds nothing to a page unless it is overridden, and knows its handler", () =>
  expectNoLog(async () => {
    class Silent extends UIModule {
      override render(): string {
        return "";
      }
    }
    const response = await respond(
      class extends RequestHandler {
        override get(): void {
          const module = new Silent(this);
          assert(module.handler === this && module.request === this.request && module.locale === this.locale);
          assertEquals(module.currentUser, undefined);
          for (
            const name of ["embeddedJavascript", "javascriptFiles", "embeddedCss", "cssFiles", "htmlHead"] as const
          ) {
            assertEquals(module[name](), undefined);
          }
          assertEquals(module.htmlBody(), undefined);
          this.write("ok");
        }
      },
    );
    assertEquals(response.body, "ok");
  }));

Deno.test("TemplateModule brings along what its templates set, each once", () =>
  expectNoLog(async () => {
    const templates = {
      "page.html": "<head></head><body>{% module Template('a.html', x=1) %}{% module Template('b.html') %}" +
        "{% module Template('a.html', x=2) %}</body>",
      "a.html": RESOURCES + "a{{ x }}",
      "b.html": "{{ setResources({embeddedCss: '.b {}', cssFiles: ['/a.css', '/b.css']}) }}b",
    };
    const response = await respond(
      class extends RequestHandler {
        override get(): void {
          this.render("page.html");
        }
      },
      "GET /",
      "",
      { templateLoader: new DictLoader(templates) },
    );
    assertEquals(
      response.body,
      `<head><link href="/a.css" type="text/css" rel="stylesheet"/><link href="/b.css" type="text/css" rel="stylesheet"/>
<style type="text/css">
.a {}
.b {}
</style>
<meta>
</head><body>a1ba2<script src="/a.js" type="text/javascript"></script><script src="/b.js" type="text/javascript"></script>
<script type="text/javascript">
//<![CDATA[
a();
//]]>
</script>
<!-- a -->
</body>`,
    );
  }));

Deno.test("TemplateModule refuses other resources for the same template, and unknown ones", () => {
  const module = new TemplateModule(undefined as unknown as RequestHandler);
  assertEquals(module.setResources("a.html", { css_files: "/a.css" }), "");
  assertEquals(module.setResources("a.html", { cssFiles: "/a.css" }), "");
  assertEquals(module.setResources("b.html", { cssFiles: "/b.css" }), "");
  assertThrows(() => module.setResources("a.html", { cssFiles: "/c.css" }), TypeError, "it has set others before");
  assertThrows(() => module.setResources("c.html", { style: "x" }), TypeError, "unknown name style");
  assertEquals(module.cssFiles(), ["/a.css", "/b.css"]);
});
