import { assert, assertEquals } from "@std/assert";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY } from "../../../web/testing/self_signed_certificate.ts";

Deno.test("self-signed certificate is for this machine, fits its key, and is valid for a long time", () => {
  const certificate = new X509Certificate(SELF_SIGNED_CERTIFICATE);
  assert(certificate.checkPrivateKey(createPrivateKey(SELF_SIGNED_KEY)));
  assertEquals(certificate.checkHost("localhost"), "localhost");
  assertEquals(certificate.subject, certificate.issuer);
  assert(new Date(certificate.validTo).getFullYear() >= 2100);
});
