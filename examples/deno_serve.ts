// deno serve --port 8888 examples/deno_serve.ts
//
// An application on the runtime's own server: `deno serve`, and Deno Deploy, call `fetch` for each request.
// Another framework's handler is mounted below /api; here a function, which could as well be the `fetch` of a Hono app.

import { Application, fetchFallback, RequestHandler, toFetchHandler, url } from "@denado/denado";

class MainHandler extends RequestHandler {
  override get() {
    this.write(
      `Hello from ${this.request.protocol}, <a href="${this.application.reverseUrl("user", "you")}">see yourself</a>`,
    );
  }
}

class UserHandler extends RequestHandler {
  override get(name: string) {
    this.write({ name, address: this.request.remoteIp });
  }
}

function api(request: Request): Response {
  return Response.json({ method: request.method, path: new URL(request.url).pathname });
}

const app = new Application([
  url("/", MainHandler),
  url("/users/([^/]+)", UserHandler, { name: "user" }),
  ["/api/.*", fetchFallback(api)],
]);

export default { fetch: toFetchHandler(app) };
