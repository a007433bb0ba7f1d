import { assertEquals, assertThrows } from "@std/assert";
import type { HTTPRequestOptions } from "@denado/denado/http";
import { requestSettings } from "../../../http/client/request_options.ts";
import { checkInterface, proxyOf, sslOptionsOf } from "../../../http/client/stream_settings.ts";

const settings = (options: HTTPRequestOptions) => requestSettings({}, options);

Deno.test("proxyOf is the proxy of a request, with credentials where there are some", () => {
  assertEquals(proxyOf(settings({})), undefined);
  assertEquals(proxyOf(settings({ proxyHost: "a", proxyPort: 1 })), { host: "a", port: 1 });
  assertEquals(
    proxyOf(settings({ proxyHost: "a", proxyPort: 1, proxyUsername: "u", proxyPassword: "p" })),
    { host: "a", port: 1, username: "u", password: "p" },
  );
  assertThrows(() => proxyOf(settings({ proxyHost: "a" })), TypeError, "proxyPort is missing");
  const digest = { proxyHost: "a", proxyPort: 1, proxyAuthMode: "digest" } as unknown as HTTPRequestOptions;
  assertThrows(() => proxyOf(settings(digest)), TypeError, "unsupported mode digest");
});

Deno.test("checkInterface accepts addresses and no names", () => {
  for (const address of [undefined, "127.0.0.1", "::1"]) checkInterface(address);
  assertThrows(() => checkInterface("localhost"), TypeError, "must be an IP address: localhost");
});

Deno.test("sslOptionsOf trusts nobody more than it is told to", () => {
  assertEquals(sslOptionsOf(settings({})), {});
  assertEquals(sslOptionsOf(settings({ validateCert: false })), { verify: false, checkHostname: false });
  assertEquals(sslOptionsOf(settings({ caCerts: "a", clientCert: "b", clientKey: "c" })), {
    cafile: "a",
    certfile: "b",
    keyfile: "c",
  });
});
