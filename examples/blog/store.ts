// What is kept: authors, entries, and the secret that signs cookies. SQLite answers within microseconds, so nothing
// waits.

import { randomBytes } from "node:crypto";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

export interface Author {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  readonly password: string;
}

export interface Entry {
  readonly id: number;
  readonly slug: string;
  readonly title: string;
  readonly text: string;
  readonly author: string;
  readonly publishedMs: number;
  readonly updatedMs: number;
}

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA foreign_keys = ON;
  CREATE TABLE IF NOT EXISTS authors (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name TEXT NOT NULL,
    password TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY,
    authorId INTEGER NOT NULL REFERENCES authors,
    slug TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    publishedMs INTEGER NOT NULL,
    updatedMs INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS entriesByTime ON entries (publishedMs DESC);
  CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);
`;

const ENTRIES = `
  SELECT entries.id, slug, title, text, name AS author, publishedMs, updatedMs
  FROM entries JOIN authors ON authors.id = authorId
`;

export class Store {
  readonly #database: DatabaseSync;

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(SCHEMA);
  }

  /** Made at the first start, so that nobody stays signed in with a secret that is in the source. */
  cookieSecret(): string {
    const secret = randomBytes(32).toString("base64url");
    this.#run("INSERT OR IGNORE INTO secrets VALUES ('cookies', ?)", secret);
    return this.#first<{ value: string }>("SELECT value FROM secrets WHERE name = 'cookies'")!.value;
  }

  hasAuthor(): boolean {
    return this.#first("SELECT 1 FROM authors LIMIT 1") !== undefined;
  }

  author(id: number): Author | undefined {
    return this.#first<Author>("SELECT * FROM authors WHERE id = ?", id);
  }

  authorByEmail(email: string): Author | undefined {
    return this.#first<Author>("SELECT * FROM authors WHERE email = ?", email);
  }

  /** The first author; `undefined` if somebody else was faster. */
  addFirstAuthor(author: Omit<Author, "id">): Author | undefined {
    return this.#first<Author>(
      "INSERT INTO authors (email, name, password) SELECT ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM authors) RETURNING *",
      author.email,
      author.name,
      author.password,
    );
  }

  /** Entries, the newest first. */
  entries(limit: number, offset = 0): Entry[] {
    return this.#all<Entry>(`${ENTRIES} ORDER BY publishedMs DESC, entries.id DESC LIMIT ? OFFSET ?`, limit, offset);
  }

  entryBySlug(slug: string): Entry | undefined {
    return this.#first<Entry>(`${ENTRIES} WHERE slug = ?`, slug);
  }

  entry(id: number): Entry | undefined {
    return this.#first<Entry>(`${ENTRIES} WHERE entries.id = ?`, id);
  }

  /** Adds an entry, and returns the name that it has in URLs. */
  addEntry(author: Author, title: string, text: string): string {
    const base = slugOf(title);
    let slug = base;
    for (let count = 2; this.entryBySlug(slug) !== undefined; count++) slug = `${base}-${count}`;
    const now = Date.now();
    this.#run(
      "INSERT INTO entries (authorId, slug, title, text, publishedMs, updatedMs) VALUES (?, ?, ?, ?, ?, ?)",
      author.id,
      slug,
      title,
      text,
      now,
      now,
    );
    return slug;
  }

  changeEntry(id: number, title: string, text: string): void {
    this.#run("UPDATE entries SET title = ?, text = ?, updatedMs = ? WHERE id = ?", title, text, Date.now(), id);
  }

  deleteEntry(id: number): void {
    this.#run("DELETE FROM entries WHERE id = ?", id);
  }

  #first<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#database.prepare(sql).get(...values) as Row | undefined;
  }

  #all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#database.prepare(sql).all(...values) as Row[];
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#database.prepare(sql).run(...values);
  }
}

/** The letters and digits of a title, without accents, joined by hyphens. */
function slugOf(title: string): string {
  const plain = title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 80) || "entry";
}
