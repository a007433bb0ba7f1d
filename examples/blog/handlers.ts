// One class for each kind of page.

import { authenticated, HTTPError, RequestHandler } from "@denado/denado";
import type { Blog } from "./blog.ts";
import { toHtml } from "./markup.ts";
import { hashPassword, isPassword } from "./passwords.ts";
import type { Author, Entry, Store } from "./store.ts";

const ENTRIES_PER_PAGE = 5;
const SIGNED_IN_DAYS = 14;
const MIN_PASSWORD_LENGTH = 10;

abstract class BlogHandler extends RequestHandler {
  protected get store(): Store {
    return (this.application as Blog).store;
  }

  override getCurrentUser(): Author | undefined {
    const id = this.getSignedCookieText("author", { maxAgeDays: SIGNED_IN_DAYS });
    return id === undefined ? undefined : this.store.author(Number(id));
  }

  override setDefaultHeaders(): void {
    this.setHeader("Content-Security-Policy", "default-src 'self'; form-action 'self'; frame-ancestors 'none'");
    this.setHeader("Referrer-Policy", "same-origin");
    this.setHeader("X-Content-Type-Options", "nosniff");
  }

  override writeError(code: number): void {
    this.render("error.html", { code, reason: this.getReason() });
  }

  /** The entry that the form or the query names; `undefined` if it names none. */
  protected askedEntry(): Entry | undefined {
    const id = this.getArgument("id", { type: "integer", default: null });
    if (id === null) return undefined;
    const entry = this.store.entry(id);
    if (entry === undefined) throw new HTTPError(404);
    return entry;
  }

  protected signIn(author: Author): void {
    const options = { httpOnly: true, sameSite: "Lax", expiresDays: SIGNED_IN_DAYS } as const;
    this.setSignedCookie("author", String(author.id), options);
    this.redirect(this.getNextUrl("/"), { status: 303 });
  }
}

export class HomeHandler extends BlogHandler {
  override get(): void {
    const page = this.getQueryArgument("page", { type: "integer", default: 1, min: 1, max: 1_000_000 });
    // One more than is shown tells whether there is another page.
    const entries = this.store.entries(ENTRIES_PER_PAGE + 1, (page - 1) * ENTRIES_PER_PAGE);
    this.render("home.html", {
      entries: entries.slice(0, ENTRIES_PER_PAGE),
      page,
      hasMore: entries.length > ENTRIES_PER_PAGE,
      hasAuthor: this.store.hasAuthor(),
    });
  }
}

export class EntryHandler extends BlogHandler {
  override get(slug: string): void {
    const entry = this.store.entryBySlug(slug);
    if (entry === undefined) throw new HTTPError(404);
    this.render("entry.html", { entry });
  }
}

export class ArchiveHandler extends BlogHandler {
  override get(): void {
    const years = Map.groupBy(this.store.entries(10_000), ({ publishedMs }) => new Date(publishedMs).getFullYear());
    this.render("archive.html", { years: [...years] });
  }
}

export class FeedHandler extends BlogHandler {
  override get(): void {
    const iso = (timeMs: number) => new Date(timeMs).toISOString();
    const entries = this.store.entries(20).map((entry) => ({
      ...entry,
      html: toHtml(entry.text),
      published: iso(entry.publishedMs),
      updated: iso(entry.updatedMs),
    }));
    this.setHeader("Content-Type", "application/atom+xml; charset=UTF-8");
    this.render("feed.xml", {
      entries,
      updated: iso(Math.max(0, ...entries.map(({ updatedMs }) => updatedMs))),
      origin: `${this.request.protocol}://${this.request.host}`,
    });
  }
}

export class ComposeHandler extends BlogHandler {
  @authenticated
  override get(): void {
    this.render("compose.html", { entry: this.askedEntry() });
  }

  @authenticated
  override post(): void {
    const title = this.getBodyArgument("title", { maxLength: 200 });
    const text = this.getBodyArgument("text", { maxLength: 100_000 });
    const entry = this.askedEntry();
    if (entry !== undefined) this.store.changeEntry(entry.id, title, text);
    const slug = entry?.slug ?? this.store.addEntry(this.currentUser!, title, text);
    this.redirect(this.reverseUrl("entry", slug), { status: 303 });
  }
}

export class DeleteHandler extends BlogHandler {
  @authenticated
  override post(): void {
    const entry = this.askedEntry();
    if (entry !== undefined) this.store.deleteEntry(entry.id);
    this.redirect(this.reverseUrl("home"), { status: 303 });
  }
}

export class CreateAuthorHandler extends BlogHandler {
  override get(): void {
    if (this.store.hasAuthor()) return this.redirect(this.reverseUrl("sign_in"));
    this.render("create_author.html", { error: null, minLength: MIN_PASSWORD_LENGTH });
  }

  override async post(): Promise<void> {
    if (this.store.hasAuthor()) throw new HTTPError(403, { logMessage: "there is an author already" });
    const name = this.getBodyArgument("name", { maxLength: 80 });
    const email = this.getBodyArgument("email", { maxLength: 200 });
    const password = this.getBodyArgument("password", { strip: false, maxLength: 1000 });
    if (password.length < MIN_PASSWORD_LENGTH || !/^[^@\s]+@[^@\s]+$/.test(email) || name === "") {
      this.setStatus(400);
      const error = `A name, an address, and ${MIN_PASSWORD_LENGTH} characters or more, please.`;
      return this.render("create_author.html", { error, minLength: MIN_PASSWORD_LENGTH });
    }
    const author = this.store.addFirstAuthor({ name, email, password: await hashPassword(password) });
    if (author === undefined) throw new HTTPError(403, { logMessage: "somebody else was faster" });
    this.signIn(author);
  }
}

export class SignInHandler extends BlogHandler {
  override get(): void {
    if (!this.store.hasAuthor()) return this.redirect(this.reverseUrl("create"));
    this.render("sign_in.html", { error: null, email: "", next: this.getNextUrl("/") });
  }

  override async post(): Promise<void> {
    const email = this.getBodyArgument("email");
    const password = this.getBodyArgument("password", { strip: false, maxLength: 1000 });
    const author = this.store.authorByEmail(email);
    if (await isPassword(password, author?.password) && author !== undefined) return this.signIn(author);
    this.setStatus(403);
    return this.render("sign_in.html", {
      error: "There is no author with this address and password.",
      email,
      next: this.getNextUrl("/"),
    });
  }
}

export class SignOutHandler extends BlogHandler {
  override post(): void {
    this.clearCookie("author");
    this.redirect(this.reverseUrl("home"), { status: 303 });
  }
}

export class NotFoundHandler extends BlogHandler {
  override prepare(): void {
    throw new HTTPError(404);
  }
}
