/**
 * Certificates for tests: an authority of their own, and what it signed.
 *
 * They are made once a run with openssl, so that none of them can expire in the repository.
 *
 * @module
 */

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** What {@linkcode certificates} makes. */
export interface Certificates {
  /** The certificate of the authority, to be trusted. */
  readonly ca: string;
  /** For `localhost` and 127.0.0.1. */
  readonly localhost: Certificate;
  /** For `other.example` only. */
  readonly other: Certificate;
}

let made: Certificates | undefined;

/** Makes the certificates, or returns those that were made before. */
export function certificates(): Certificates {
  if (made !== undefined) return made;
  const folder = Deno.makeTempDirSync({ prefix: "denado-tls-" });
  try {
    const path = (name: string) => `${folder}/${name}`;
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    openssl([
      "req",
      "-x509",
      ...newKey,
      "-keyout",
      path("ca.key"),
      "-out",
      path("ca.pem"),
      "-days",
      "2",
      "-subj",
      "/CN=Denado test authority",
    ]);
    const sign = (name: string, subjectAltName: string): Certificate => {
      Deno.writeTextFileSync(path("ext"), `subjectAltName=${subjectAltName}\nbasicConstraints=critical,CA:FALSE\n`);
      openssl(["req", ...newKey, "-keyout", path(`${name}.key`), "-out", path("csr"), "-subj", `/CN=${name}`]);
      const authority = ["-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial"];
      openssl([
        "x509",
        "-req",
        "-in",
        path("csr"),
        ...authority,
        "-days",
        "2",
        "-extfile",
        path("ext"),
        "-out",
        path(`${name}.pem`),
      ]);
      return { cert: Deno.readTextFileSync(path(`${name}.pem`)), key: Deno.readTextFileSync(path(`${name}.key`)) };
    };
    made = {
      localhost: sign("localhost", "DNS:localhost,IP:127.0.0.1"),
      other: sign("other", "DNS:other.example"),
      ca: Deno.readTextFileSync(path("ca.pem")),
    };
    return made;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function openssl(args: string[]): void {
  const { success, stderr } = new Deno.Command("openssl", { args, stdout: "null", stderr: "piped" }).outputSync();
  if (!success) throw new Error(`Cannot make a certificate: openssl says ${new TextDecoder().decode(stderr)}`);
}
