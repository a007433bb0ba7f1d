import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { ExampleProcess } from "../helpers/example_process.ts";

const FLAGS = ["--allow-net", "--allow-read", "--allow-write"];

/** The names of the files in a folder, when there is none any more that is not complete. */
async function complete(folder: string): Promise<string[]> {
  for (;;) {
    const names = (await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name);
    if (!names.some((name) => name.endsWith(".part"))) return names;
    await new Promise((resolve) => setTimeout(resolve, 10)); // the example hears of the close by the system
  }
}

Deno.test("file_upload example writes what arrives, and keeps nothing of an upload that is broken off", async () => {
  const folder = await Deno.makeTempDir({ prefix: "denado_upload_" });
  {
    await using example = new ExampleProcess("file_upload/main.ts", FLAGS, ["0", folder]);
    const [, url] = await example.says(/Open (http:\S+)\/, files go/);
    const page = await fetch(`${url}/`);
    assert((await page.text()).includes("<title>Upload</title>"));
    const cookie = page.headers.get("Set-Cookie")!.split(";")[0]!;
    const token = cookie.slice(cookie.indexOf("=") + 1).replaceAll('"', "");
    const headers = { Cookie: cookie, "X-Xsrftoken": token };
    const put = (name: string, body: BodyInit, more: RequestInit = { headers }) =>
      fetch(`${url}/upload/${name}`, { method: "PUT", body, ...more });

    const content = new Uint8Array(3_000_000).map((_, index) => index % 251);
    const uploaded = await put("..%2F..%2Fmy%20report.pdf", content);
    assertEquals(uploaded.status, 201);
    const { name, size, sha256 } = await uploaded.json();
    assertMatch(name, /^[0-9a-f]{8}-_.._my_report\.pdf$/);
    assertEquals([size, sha256], [3_000_000, createHash("sha256").update(content).digest("hex")]);
    const download = await fetch(new URL(uploaded.headers.get("Location")!, url));
    assertEquals(new Uint8Array(await download.arrayBuffer()), content);
    assertEquals(download.headers.get("Content-Disposition"), "attachment");

    const refused = await put("x", "no token", { headers: { Cookie: cookie } });
    assertEquals(refused.status, 403);
    await refused.body?.cancel();

    const leave = new AbortController();
    const endless = new ReadableStream({
      async pull(controller) {
        controller.enqueue(new Uint8Array(65536));
        if ((await Array.fromAsync(Deno.readDir(folder))).length > 1) leave.abort();
      },
    });
    await put("endless", endless, { headers, signal: leave.signal }).catch(() => {});
    assertEquals(await complete(folder), [name]);
  }
  await Deno.remove(folder, { recursive: true });
});
