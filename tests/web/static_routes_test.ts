import { StaticFileHandler } from "@denado/denado/web";
import { assertEquals, assertThrows } from "@std/assert";
import { staticRoutes } from "../../web/static_routes.ts";

Deno.test("staticRoutes has none without staticPath", () => {
  assertEquals(staticRoutes({}), []);
  assertEquals(staticRoutes({ staticUrlPrefix: "/s/" }), []);
});

Deno.test("staticRoutes leads the prefix, the icon and the robots file to the folder", () => {
  const options = { path: "/srv/www" };
  assertEquals(staticRoutes({ staticPath: "/srv/www" }), [
    ["/static/(.*)", StaticFileHandler, options],
    ["/(favicon\\.ico)", StaticFileHandler, options],
    ["/(robots\\.txt)", StaticFileHandler, options],
  ]);
});

Deno.test("staticRoutes takes another class, other options and a prefix with characters of patterns", () => {
  class Own extends StaticFileHandler {}
  const settings = {
    staticPath: "/srv/www",
    staticUrlPrefix: "/v1.0/(x)/",
    staticHandlerClass: Own,
    staticHandlerArgs: { defaultFilename: "index.html" },
  };
  const [first] = staticRoutes(settings);
  assertEquals(first, ["/v1\\.0/\\(x\\)/(.*)", Own, { path: "/srv/www", defaultFilename: "index.html" }]);
  assertEquals(settings.staticHandlerArgs, { defaultFilename: "index.html" });
});

Deno.test("staticRoutes refuses a prefix that no path begins with", () => {
  assertThrows(() => staticRoutes({ staticPath: "/srv/www", staticUrlPrefix: "static/" }), TypeError, '"static/"');
});
