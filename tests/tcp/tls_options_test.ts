import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import { SSLContext, type SSLOptions, sslOptionsToContext } from "@denado/denado/tcp";
import { certificates } from "../helpers/tls_certificates.ts";

Deno.test("sslOptionsToContext reads certificate, key and authorities from files", async () => {
  const { ca, localhost } = certificates();
  const folder = await Deno.makeTempDir();
  const write = (name: string, text: string) => {
    Deno.writeTextFileSync(`${folder}/${name}`, text);
    return `${folder}/${name}`;
  };
  try {
    const context = sslOptionsToContext({
      certfile: write("cert", localhost.cert),
      keyfile: write("key", localhost.key),
      cafile: write("ca", ca),
      caCerts: [localhost.cert],
      alpnProtocols: ["h2"],
      checkHostname: false,
    }, { serverSide: true });
    assertEquals({ ...context }, {
      ...localhost,
      caCerts: [localhost.cert, ca],
      alpnProtocols: ["h2"],
      checkHostname: false,
      verify: true,
    });
    assertStrictEquals(sslOptionsToContext(context, { serverSide: true }), context);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("sslOptionsToContext for a client needs nothing, and checks names", () => {
  const context = sslOptionsToContext({});
  assertInstanceOf(context, SSLContext);
  assertEquals([context.cert, context.key, context.caCerts, context.checkHostname], [undefined, undefined, [], true]);
  assertEquals([context.verify, sslOptionsToContext({ verify: false }).checkHostname], [true, false]);
});

const INVALID: [name: string, options: () => SSLOptions, message: string][] = [
  ["no certificate", () => ({}), "Cannot serve TLS without a certificate: set certfile and keyfile"],
  ["no key", () => ({ cert: certificates().localhost.cert }), "a certificate without a key"],
  ["no certificate but a key", () => ({ key: certificates().localhost.key }), "a key without a certificate"],
  ["a file that is not there", () => ({ certfile: "/nowhere/cert.pem" }), "certfile for TLS: /nowhere/cert.pem"],
  ["no PEM as certificate", () => ({ ...certificates().localhost, cert: "x" }), "the certificate is not in PEM"],
  ["no PEM as key", () => ({ ...certificates().localhost, key: "x" }), "the key is not in PEM"],
  [
    "a key of another certificate",
    () => ({ cert: certificates().localhost.cert, key: certificates().other.key }),
    "the key does not belong to the certificate",
  ],
  ["ciphers", () => ({ ciphers: "ALL" }) as SSLOptions, "the setting ciphers: Deno lets nobody choose ciphers"],
  ["sslVersion", () => ({ sslVersion: 3 }) as SSLOptions, "TLS 1.2 and 1.3"],
  ["certReqs", () => ({ certReqs: "none" }) as SSLOptions, "a client has verify"],
  ["a setting that nobody knows", () => ({ nonsense: 1 }) as SSLOptions, "the setting nonsense: unknown"],
];
for (const [name, options, message] of INVALID) {
  Deno.test(`sslOptionsToContext refuses for a server: ${name}`, () => {
    const error = assertThrows(() => sslOptionsToContext(options(), { serverSide: true }), TypeError, message);
    assert(error.message.startsWith("Cannot "));
  });
}
