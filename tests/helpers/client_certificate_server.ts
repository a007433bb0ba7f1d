/**
 * A TLS server that asks its clients for a certificate, which Deno's own cannot.
 *
 * @module
 */

import { createServer } from "node:tls";
import type { AddressInfo } from "node:net";
import { certificates } from "./tls_certificates.ts";

/** A server on `node:tls` that runs. */
export interface ClientCertificateServer extends AsyncDisposable {
  readonly port: number;
}

/** Greets a client by the common name of its certificate, and refuses one without. */
export async function clientCertificateServer(
  greet: (name: string) => string = (name) => `hello ${name}\n`,
): Promise<ClientCertificateServer> {
  const server = createServer({
    ...certificates().localhost,
    ca: [certificates().ca],
    requestCert: true,
    rejectUnauthorized: true,
  }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.resume(); // what the client says is of no interest, but its end is
    socket.write(greet(String(socket.getPeerCertificate().subject.CN)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
