// deno run --allow-net --allow-read --allow-write examples/blog/main.ts [port] [database]
//
// A blog: entries in SQLite, an author who signs in, pages from templates and UI modules. Without a database file all
// is kept in memory. The first visitor who goes to /auth/create becomes the author.

import { Blog } from "./blog.ts";
import { Store } from "./store.ts";

const [port = "8888", file = ":memory:"] = Deno.args;
const blog = new Blog(new Store(file), { title: "Notes from the loop" });
const server = blog.listen(Number(port));
console.log(`Open http://localhost:${server.port}/`);
