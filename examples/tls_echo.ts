// deno run --allow-net --allow-run=openssl --allow-read --allow-write examples/tls_echo.ts [port]
//
// Sends every line back over TLS, with a certificate that it makes with openssl.
// Try it with: openssl s_client -quiet -connect localhost:8443

import { IOLoop } from "@denado/denado/ioloop";
import { type IOStream, type SSLOptions, StreamClosedError, TCPClient, TCPServer } from "@denado/denado/tcp";

class EchoServer extends TCPServer {
  override async handleStream(stream: IOStream): Promise<void> {
    try {
      for (;;) await stream.write(await stream.readUntil("\n", { maxBytes: 65536 }));
    } catch (error) {
      if (!(error instanceof StreamClosedError)) throw error; // the client has left, or does not speak TLS
    }
  }
}

/** A certificate for localhost that is its own authority, and its key. */
async function makeCertificate(): Promise<Required<Pick<SSLOptions, "cert" | "key">>> {
  const folder = await Deno.makeTempDir();
  const [certfile, keyfile] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"];
  args.push("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost");
  args.push("-addext", "basicConstraints=critical,CA:FALSE", "-keyout", keyfile, "-out", certfile);
  try {
    const { success, stderr } = await new Deno.Command("openssl", { args }).output();
    if (!success) throw new Error(`Cannot make a certificate: ${new TextDecoder().decode(stderr)}`);
    return { cert: await Deno.readTextFile(certfile), key: await Deno.readTextFile(keyfile) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const certificate = await makeCertificate();
const server = new EchoServer({ sslOptions: certificate });
server.listen(Number(Deno.args[0] ?? 8443), { address: "localhost" });
console.log(`TLS echo on localhost:${server.port}`);

// A client that trusts this certificate and no other's word.
const client = new TCPClient();
const stream = await client.connect("localhost", server.port!, { sslOptions: { caCerts: [certificate.cert] } });
await stream.write("hello over TLS\n");
console.log(`The client got: ${new TextDecoder().decode(await stream.readUntil("\n")).trim()}`);
stream.close();
client.close();

await IOLoop.current().start();
