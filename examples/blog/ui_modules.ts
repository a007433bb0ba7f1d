// Parts of pages that come again.

import { UIModule } from "@denado/denado";
import { summaryOf, toHtml } from "./markup.ts";
import type { Entry as StoredEntry } from "./store.ts";

/** An entry: all of it, or what it is about. */
export class Entry extends UIModule {
  override render(entry: StoredEntry, options: { summary?: boolean } = {}): string {
    const { summary = false } = options;
    const body = summary ? summaryOf(entry.text) : toHtml(entry.text);
    return this.renderString("modules/entry.html", { entry, summary, body });
  }
}

/** Links to newer and older entries. */
export class Pager extends UIModule {
  override render(page: number, hasMore: boolean): string {
    return this.renderString("modules/pager.html", { page, hasMore });
  }
}

/** The form in which entries are written, with the script that goes with it. */
export class Editor extends UIModule {
  override render(entry: StoredEntry | undefined): string {
    return this.renderString("modules/editor.html", { entry });
  }

  override javascriptFiles(): string {
    return "editor.js";
  }
}
