import { assertEquals, assertThrows } from "@std/assert";
import { REQUEST_DEFAULTS, requestSettings } from "../../../http/client/request_options.ts";

Deno.test("requestSettings are the general defaults, those of the client, and the request's own, in this order", () => {
  assertEquals<unknown>(requestSettings({}, {}), REQUEST_DEFAULTS);
  const settings = requestSettings({ userAgent: "client", maxRedirects: 1 }, { userAgent: "request", body: "x" });
  assertEquals(settings.userAgent, "request");
  assertEquals([settings.maxRedirects, settings.body, settings.connectTimeoutMs], [1, "x", 20_000]);
});

Deno.test("requestSettings take what is undefined as not given", () => {
  const options = { userAgent: undefined, requestTimeoutMs: undefined } as unknown as Record<string, never>;
  const settings = requestSettings({ userAgent: "client" }, options);
  assertEquals([settings.userAgent, settings.requestTimeoutMs], ["client", 20_000]);
});

for (const name of ["connectTimeoutMs", "requestTimeoutMs", "expectTimeoutMs", "maxRedirects"]) {
  for (const value of [-1, NaN, "soon"]) {
    Deno.test(`requestSettings refuse ${name}: ${value}`, () => {
      assertThrows(
        () => requestSettings({}, { [name]: value }),
        RangeError,
        `${name} must be a number from 0: ${value}`,
      );
    });
  }
}
