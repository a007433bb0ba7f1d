// deno run --allow-net examples/webspider.ts [url]
//
// Crawls every page beneath a URL with ten workers that share a queue. Without a URL it crawls a site that it serves
// itself. After Tornado's demos/webspider.

import { AsyncHTTPClient } from "@denado/denado/httpclient";
import { IOLoop, Queue } from "@denado/denado/ioloop";

const CONCURRENCY = 10;
const TIME_LIMIT_MS = 300_000;

/** The pages to which the page at `url` links, as absolute URLs without fragments. */
async function getLinks(url: string): Promise<string[]> {
  const response = await new AsyncHTTPClient().fetch(url);
  const links: string[] = [];
  for (const [, href] of response.text().matchAll(/<a\s[^>]*?href\s*=\s*["']?([^"'\s>]+)/gi)) {
    const link = URL.parse(href!, response.effectiveUrl);
    if (link === null) continue; // a link that is no URL leads nowhere
    link.hash = "";
    links.push(link.href);
  }
  return links;
}

async function crawl(baseUrl: string): Promise<void> {
  const seen = new Set([baseUrl]);
  const fetched = new Set<string>();
  const dead = new Set<string>();
  const queue = new Queue<string>();
  const started = performance.now();

  async function visit(url: string): Promise<void> {
    try {
      for (const link of await getLinks(url)) {
        if (!link.startsWith(baseUrl) || seen.has(link)) continue;
        seen.add(link);
        queue.putNowait(link);
      }
      fetched.add(url);
      console.log(`Fetched ${url}`);
    } catch (error) {
      dead.add(url);
      console.log(`Failed ${url}: ${error instanceof Error ? error.message : error}`);
    }
  }

  async function work(): Promise<void> {
    for await (const url of queue) {
      await visit(url);
      queue.taskDone(); // after its links were put, so that join() cannot end in between
    }
  }

  queue.putNowait(baseUrl);
  const workers = Array.from({ length: CONCURRENCY }, work);
  await queue.join({ timeoutMs: TIME_LIMIT_MS });
  queue.close(); // ends the workers' loops
  await Promise.all(workers);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`Done in ${seconds} seconds: ${fetched.size} URLs fetched, ${dead.size} dead`);
}

/** A small site: a tree of pages that link to each other, to a missing page and elsewhere. */
function serveSite(): Deno.HttpServer<Deno.NetAddr> {
  const pages = 30;
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    const page = pathname === "/" ? 0 : Number(pathname.match(/^\/page\/(\d+)$/)?.[1]);
    if (!(page < pages)) return new Response("No such page", { status: 404 });
    const links = [2 * page + 1, 2 * page + 2].filter((child) => child < pages).map((child) => `/page/${child}`);
    const html = [...links, "/", "#top", "/missing", "https://example.com/"]
      .map((href) => `<a href="${href}">${href}</a>`).join("\n");
    return new Response(html, { headers: { "Content-Type": "text/html" } });
  });
}

const loop = IOLoop.current();
await loop.run(async () => {
  const [url] = Deno.args;
  if (url !== undefined) return await crawl(new URL(url).href);
  await using site = serveSite();
  await crawl(`http://127.0.0.1:${site.addr.port}/`);
});
loop.close();
