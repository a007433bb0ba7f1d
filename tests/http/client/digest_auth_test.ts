import { HTTPClientError } from "@denado/denado/http";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { parseChallenges } from "../../../http/client/challenge.ts";
import { digestAuthorization, digestChallenge } from "../../../http/client/digest_auth.ts";
import { answering, response, withClient } from "../../helpers/client_scene.ts";
import type { Script } from "../../helpers/scripted_server.ts";

function answer(challenge: string, request: Partial<Parameters<typeof digestAuthorization>[1]> = {}): string {
  return digestAuthorization(digestChallenge(parseChallenges([challenge]))!, {
    method: "GET",
    target: "/dir/index.html",
    credentials: { username: "Mufasa", password: "Circle of Life" },
    cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    ...request,
  });
}

/** RFC 7616 3.9.1. */
const NONCES =
  'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';

Deno.test("digestAuthorization answers as RFC 7616 3.9.1 does, with SHA-256 and MD5", () => {
  const challenge = `Digest realm="http-auth@example.org", qop="auth, auth-int", ${NONCES}`;
  const sha = answer(`${challenge}, algorithm=SHA-256`);
  assert(sha.includes('response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"'), sha);
  assert(sha.startsWith('Digest username="Mufasa", realm="http-auth@example.org", '));
  assert(sha.endsWith('qop=auth, nc=00000001, opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'));
  const md5 = answer(`${challenge}, algorithm=MD5`);
  assert(md5.includes('response="8ca523f5e9506fed4657c9700eebdbec"'), md5);
  assert(answer(challenge).includes('response="8ca523f5e9506fed4657c9700eebdbec"'));
});

Deno.test("digestAuthorization answers a challenge of RFC 2069, which has no qop", () => {
  const value = answer('Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"', {
    credentials: { username: "Mufasa", password: "Circle Of Life" },
  });
  // As curl computes it: H(H(u:r:p):nonce:H(method:uri)).
  assert(value.includes('response="670fd8c2df070c60b045671b8b24ff02"'), value);
  assert(!value.includes("cnonce") && !value.includes("nc="));
});

Deno.test("digestAuthorization hashes the session and the user name where it is asked to", () => {
  const sess = answer('Digest realm="r", nonce="n", qop=auth, algorithm=MD5-sess', { cnonce: "c" });
  const md5 = (text: string) => createHash("md5").update(text).digest("hex");
  const secret = md5(`${md5("Mufasa:r:Circle of Life")}:n:c`);
  assert(sess.includes(`response="${md5(`${secret}:n:00000001:c:auth:${md5("GET:/dir/index.html")}`)}"`), sess);
  assert(sess.includes("algorithm=MD5-sess"));
  const hashed = answer('Digest realm="r", nonce="n", qop=auth, userhash=true');
  assert(hashed.includes(`username="${md5("Mufasa:r")}"`) && hashed.endsWith("userhash=true"));
});

Deno.test("digestAuthorization quotes and encodes what needs it", () => {
  const credentials = { username: "J\u00e4s\u00f8n D'oe", password: "p" };
  const value = answer('Digest realm="a \\"b\\"", nonce="n"', { credentials });
  assert(value.startsWith('Digest username*=UTF-8\'\'J%C3%A4s%C3%B8n%20D%27oe, realm="a \\"b\\""'), value);
});

const CHOICES: readonly [challenge: string, algorithm: string | undefined][] = [
  ["Digest realm=a, nonce=b, Digest realm=a, nonce=b, algorithm=SHA-256", "SHA-256"],
  ["Digest realm=a, nonce=b, algorithm=md5-SESS", "md5-SESS"],
  ["Basic realm=a", undefined],
  ["Digest realm=a, nonce=b, algorithm=SHA-512-256", undefined],
  ["Digest realm=a", undefined],
  ["Digest nonce=b", undefined],
  ["Digest realm=a, nonce=b, qop=auth-int", undefined],
];

for (const [challenge, algorithm] of CHOICES) {
  Deno.test(`digestChallenge chooses ${algorithm ?? "nothing"} of ${challenge}`, () => {
    assertEquals(digestChallenge(parseChallenges([challenge]))?.parameters.get("algorithm"), algorithm);
  });
}

// --- with a server ---

/** Believes whoever answers a challenge, whose numbers go up. */
function challenging(isStale: (count: number) => boolean = () => false): Script {
  return async (peer) => {
    for (let count = 0;; count++) {
      const { head, body } = await peer.readRequest();
      const isAnswered = head.includes(`nonce="${count - 1}"`) && head.includes("Authorization: Digest ");
      if (isAnswered && !isStale(count)) {
        await peer.send(response(`${body} by ${/username="([^"]*)"/.exec(head)?.[1]}`));
      } else {
        const stale = isStale(count) ? ", stale=true" : "";
        const headers = `WWW-Authenticate: Digest realm="r", nonce="${count}", qop="auth"${stale}\r\n`;
        await peer.send(response("who?", { code: 401, headers }));
      }
    }
  };
}

const DIGEST = { authUsername: "u", authPassword: "p", authMode: "digest" } as const;

Deno.test("fetch answers a challenge for Digest, on the same connection, with its body", () =>
  withClient(challenging(), async ({ client, url, server }) => {
    assertEquals((await client.fetch(url, { ...DIGEST, method: "PUT", body: "x" })).text(), "x by u");
    assertEquals([server.connections, server.heads.length], [1, 2]);
    assert(!server.heads[0]!.includes("Authorization"));
  }));

Deno.test("fetch answers again when the number was too old, but not for ever", async () => {
  await withClient(challenging((count) => count < 3), async ({ client, url }) => {
    assertEquals((await client.fetch(url, DIGEST)).text(), " by u");
  });
  await withClient(challenging(() => true), async ({ client, url, server }) => {
    await assertRejects(() => client.fetch(url, DIGEST), HTTPClientError, "HTTP 401");
    assertEquals(server.heads.length, 11);
  });
});

/** Refuses everybody, with these challenges. */
function refusing(...challenges: readonly string[]): Script {
  const headers = challenges.map((challenge) => `WWW-Authenticate: ${challenge}\r\n`).join("");
  return answering(response("no", { code: 401, headers }));
}

Deno.test("fetch takes a second challenge for the answer", () =>
  withClient(refusing('Basic realm="r"', 'Digest realm="r", nonce="n"'), async ({ client, url, server }) => {
    const error = await assertRejects(() => client.fetch(url, DIGEST), HTTPClientError, "HTTP 401");
    assertEquals([error.response?.text(), server.heads.length], ["no", 2]);
  }));

Deno.test("fetch with Digest gives no password to a server that asks for it plainly", () =>
  withClient(refusing('Basic realm="r"'), async ({ client, url, server }) => {
    await assertRejects(() => client.fetch(url, DIGEST), HTTPClientError, "HTTP 401");
    assertEquals([server.heads.length, server.heads[0]!.includes("Authorization")], [1, false]);
  }));
