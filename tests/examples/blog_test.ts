import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { BROWSER, type Page, withBrowser } from "../helpers/browser.ts";
import { ExampleProcess } from "../helpers/example_process.ts";

const FLAGS = ["--allow-net", "--allow-read", "--allow-write"];
const PASSWORD = "correct horse battery";

/** A browser in all but looks: keeps cookies, and fills the token of the last form in. */
class Client {
  readonly #origin: string;
  readonly #cookies = new Map<string, string>();
  #token = "";

  constructor(origin: string) {
    this.#origin = origin;
  }

  async ask(path: string, form?: Record<string, string>): Promise<{ status: number; text: string; headers: Headers }> {
    const body = form === undefined ? null : new URLSearchParams({ _xsrf: this.#token, ...form });
    const response = await fetch(this.#origin + path, {
      method: form === undefined ? "GET" : "POST",
      redirect: "manual",
      headers: { Cookie: [...this.#cookies].map((pair) => pair.join("=")).join("; ") },
      body,
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (value === '""' || value === "") this.#cookies.delete(name!);
      else this.#cookies.set(name!, value!);
    }
    const text = await response.text();
    this.#token = /name="_xsrf" value="([^"]+)"/.exec(text)?.[1] ?? this.#token;
    return { status: response.status, text, headers: response.headers };
  }

  /** Where a form leads to. */
  async submit(path: string, form: Record<string, string>): Promise<string> {
    const { status, headers, text } = await this.ask(path, form);
    assertEquals(status, 303, text);
    return headers.get("Location")!;
  }
}

Deno.test("blog example lets its author write, change and delete entries, and everybody read them", async () => {
  const folder = await Deno.makeTempDir({ prefix: "denado_blog_" });
  const file = `${folder}/blog.sqlite`;
  {
    await using example = new ExampleProcess("blog/main.ts", FLAGS, ["0", file]);
    const [, origin] = await example.says(/Open (http:\S+)\/\n/);
    const author = new Client(origin!);
    const reader = new Client(origin!);

    assertStringIncludes((await reader.ask("/")).text, "Nothing has been written yet");
    assertEquals((await author.ask("/compose")).headers.get("Location"), "/auth/login?next=%2Fcompose");
    assertEquals((await author.ask("/auth/login")).headers.get("Location"), "/auth/create");
    await author.ask("/auth/create");
    const short = { name: "Ada", email: "ada@example.com", password: "short" };
    assertEquals((await author.ask("/auth/create", short)).status, 400);
    assertEquals(await author.submit("/auth/create?next=%2Fcompose", { ...short, password: PASSWORD }), "/compose");

    await author.ask("/compose");
    const text =
      "The *first* paragraph, with <script>alert(1)</script> in it.\n\n- one\n- two\n\n```\nlet x = 1 < 2;\n```";
    assertEquals(await author.submit("/compose", { title: "Ünder the <hood>", text }), "/entry/under-the-hood");
    assertEquals(
      await author.submit("/compose", { title: "Under the hood", text: "Twice" }),
      "/entry/under-the-hood-2",
    );
    const { text: page } = await reader.ask("/entry/under-the-hood");
    for (
      const part of [
        "<h1>Ünder the &lt;hood&gt;</h1>",
        "<em>first</em>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<ul><li>one</li><li>two</li></ul>",
        "<pre><code>let x = 1 &lt; 2;</code></pre>",
      ]
    ) assertStringIncludes(page, part);
    assert(!page.includes("Delete"));

    // Others may not: without an account, without a token, or with an account that is not the first.
    await reader.ask("/auth/login");
    assertEquals((await reader.ask("/compose", { title: "x", text: "y" })).status, 403);
    assertEquals((await reader.ask("/auth/create", { ...short, password: PASSWORD })).status, 403);
    assertEquals((await author.ask("/compose", { title: "x", text: "y", _xsrf: "" })).status, 403);
    assertEquals((await reader.ask("/auth/login", { email: "ada@example.com", password: "guess" })).status, 403);
    assertEquals((await reader.ask("/auth/login", { email: "eve@example.com", password: PASSWORD })).status, 403);

    assertStringIncludes((await author.ask("/compose?id=1")).text, "The *first* paragraph");
    assertEquals(await author.submit("/compose", { id: "1", title: "Changed", text: "New" }), "/entry/under-the-hood");
    const { text: feed, headers } = await reader.ask("/feed");
    assertEquals(headers.get("Content-Type"), "application/atom+xml; charset=UTF-8");
    assertMatch(feed, /<title>Changed<\/title>[^]*<content type="html">&lt;p&gt;New&lt;\/p&gt;<\/content>/);
    assertEquals(await author.submit("/delete", { id: "2" }), "/");
    assertEquals((await reader.ask("/entry/under-the-hood-2")).status, 404);
    for (const path of ["/", "/archive"]) {
      const { text } = await reader.ask(path);
      assertStringIncludes(text, ">Changed</a>");
      assert(!text.includes('class="empty"'));
    }

    assertEquals(await author.submit("/auth/logout", {}), "/");
    assertEquals((await author.ask("/compose")).status, 302);
  }
  {
    // What was written is there after a restart, and so is the account.
    await using example = new ExampleProcess("blog/main.ts", FLAGS, ["0", file]);
    const [, origin] = await example.says(/Open (http:\S+)\/\n/);
    const author = new Client(origin!);
    assertStringIncludes((await author.ask("/")).text, "Changed");
    await author.ask("/auth/login");
    const form = { email: "ADA@example.com", password: PASSWORD, next: "/compose" };
    assertEquals(await author.submit("/auth/login", form), "/compose");
    assertEquals(await author.submit("/auth/login", { ...form, next: "https://evil.example/" }), "/");
  }
  await Deno.remove(folder, { recursive: true });
});

/** A picture of the page, where one is asked for: SCREENSHOTS names a folder. */
async function look(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("SCREENSHOTS");
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

Deno.test(
  "blog example works in a browser, with style sheets, scripts and no complaint of its policy",
  BROWSER,
  async () => {
    await using example = new ExampleProcess("blog/main.ts", FLAGS, ["0"]);
    const [, origin] = await example.says(/Open (http:\S+)\/\n/);
    await withBrowser(async (page) => {
      const complaints: string[] = [];
      page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
      await page.goto(origin!);
      await look(page, "blog_empty");
      await page.click("text=Become the author");
      await page.fill("[name=name]", "Ada Lovelace");
      await page.fill("[name=email]", "ada@example.com");
      await page.fill("[name=password]", PASSWORD);
      await look(page, "blog_create");
      await page.click("text=Begin");

      const entries = [
        [
          "On loops",
          "A loop that cannot be *looked into* is a loop that one has to believe.\n\n## Turns\n\nEach turn does " +
          "three things:\n\n- what is ready\n- what is due\n- what was asked for\n\n> There is no magic in a while.\n\n" +
          "```\nwhile (ready.length > 0) {\n  ready.shift()();\n}\n```\n\nMore at https://www.tornadoweb.org/.",
        ],
        [
          "Small files",
          "Who serves the same file a thousand times a second should read it **once**, and ask each time " +
          "whether it is still the same. Asking takes two microseconds, and reading fifty.",
        ],
      ] as const;
      for (const [title, text] of entries) {
        await page.click("text=Write");
        await page.fill("[name=title]", title);
        await page.fill("[name=text]", text);
        assertMatch(await page.textContent("output") ?? "", /^\d\d words$/);
        await look(page, "blog_compose");
        await page.click("text=Publish");
        assertEquals(await page.textContent("h1"), title);
      }
      await page.goto(`${origin}/entry/on-loops`);
      assertEquals(await page.textContent("pre"), "while (ready.length > 0) {\n  ready.shift()();\n}");
      assertEquals(await page.evaluate("getComputedStyle(document.body).maxWidth"), "704px"); // 44rem: the style is there
      await look(page, "blog_entry");
      await page.click("text=Archive");
      assertEquals(await page.locator(".archive li").count(), 2);
      await page.emulateMedia({ colorScheme: "dark" });
      await page.click("text=Notes from the loop");
      await look(page, "blog_home_dark");
      await page.click("text=Sign out");
      assertEquals(await page.locator("text=Write").count(), 0);
      await page.goto(`${origin}/auth/login`);
      await page.setViewportSize({ width: 390, height: 700 });
      await look(page, "blog_sign_in_phone");
      assertEquals(complaints, []);
    });
  },
);
