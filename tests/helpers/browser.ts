/**
 * A real browser, without a window: Chromium, as a Debian system has it with the package `chromium`.
 *
 * @module
 */

import { type BrowserContext, chromium, type Page } from "npm:playwright-core@^1.65.0";

export type { BrowserContext, Page };

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
});

if (executablePath === undefined) console.error("Tests with a browser are ignored: there is no Chromium here");

/** Options of a test with a browser: it is ignored where there is none. */
export const BROWSER: { readonly ignore: boolean } = { ignore: executablePath === undefined };

/** Runs a test with a fresh browser, which has left when this resolves. An error on a page fails the test. */
export async function withBrowser(test: (page: Page, context: BrowserContext) => Promise<void>): Promise<void> {
  // The sandbox of Chromium does not work for root, which containers run as.
  const browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
  try {
    const context = await browser.newContext();
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    const errors: Error[] = [];
    page.on("pageerror", (error) => errors.push(error));
    await test(page, context);
    if (errors.length > 0) throw errors[0];
  } finally {
    await browser.close();
  }
}
