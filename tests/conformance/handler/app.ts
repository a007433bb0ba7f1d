/**
 * The application of app.py in Denado.
 *
 * @module
 */

import {
  addslash,
  Application,
  type ApplicationSettings,
  Finish,
  HTTPError,
  removeslash,
  RequestHandler,
  streamRequestBody,
  UIModule,
} from "@denado/denado";
import { DictLoader } from "@denado/denado/template";

/** What both applications are given. */
export const ARGUMENT = {
  text: "<li>A line of a list, as there are many</li>\n".repeat(100),
  templates: {
    "page.html":
      "<html><head><title>{{ current_user }}</title></head><body>{% for title in titles %}{% module Entry(title, " +
      "count=2) %}{% end %}{% module Other() %}{{ method('<x>') }} {{ reverse_url('page') }} {{ locale.code }} " +
      "{% module Template('part.html', x=3) %}{% module linkify('http://a.b') %}</body></html>",
    "other.html": "<i>{{ x }} {{ request.path }}</i>",
    "part.html": "{{ set_resources(embedded_css='.part {}', javascript_files=['/part.js']) }}[{{ x }}]",
  },
};

class Redirects extends RequestHandler {
  override get(kind: string): void {
    switch (kind) {
      case "plain":
        return this.redirect("/target?a=b");
      case "permanent":
        return this.redirect("/target", { permanent: true });
      case "status":
        return this.redirect("http://example.com/", { status: 307 });
      case "twice":
        this.setHeader("X-A", "b");
        this.write("kept");
        return this.redirect("other", { status: 303 });
      case "wrong":
        return this.redirect("/target", { status: 200 });
      case "late":
        this.write("sent");
        this.flush();
        try {
          this.redirect("/target");
        } catch {
          this.write(" refused");
        }
    }
  }
  override post(kind: string): void {
    this.get(kind);
  }
}

class Errors extends RequestHandler {
  override get(kind: string): void {
    this.setHeader("X-Dropped", "yes");
    this.setHeader("Content-Type", "text/plain");
    this.write("dropped");
    switch (kind) {
      case "raise":
        throw new TypeError("mine");
      case "finish":
        this.setStatus(409);
        throw new Finish();
      case "finish_chunk":
        throw new Finish({ a: 1 });
      case "unknown":
        throw new HTTPError(435);
      case "reason":
        throw new HTTPError(400, { reason: "Very & Bad" });
      case "log":
        throw new HTTPError(403, "secret %s", "x");
      case "send":
        return this.sendError(418, { reason: "Teapot" });
      case "status":
        return this.setStatus(435);
      case "status_reason":
        return this.setStatus(682, "Foo");
      case "204":
        this.clear();
        this.setStatus(204);
        this.setHeader("Content-Encoding", "gzip");
        this.setHeader("Content-Language", "en");
        return this.setHeader("X-A", "b");
      case "304":
        this.clear();
        this.setStatus(304);
        return this.setHeader("Etag", '"x"');
      case "finished":
        this.finish("end");
        throw new TypeError("late");
    }
  }
  override post(kind: string): void {
    this.get(kind);
  }
}

class OwnErrors extends RequestHandler {
  override get(kind: string): void {
    throw new HTTPError(kind === "page" ? 404 : 410);
  }
  override writeError(code: number): void {
    if (code === 410) throw new TypeError("mine");
    this.setHeader("Content-Type", "text/plain");
    this.write(`Status: ${code}`);
  }
}

class Writes extends RequestHandler {
  override get(kind: string): void {
    switch (kind) {
      case "dict":
        return this.write({ a: [1, "</script>"] });
      case "bytes":
        this.write(new Uint8Array([255, 0]));
        return this.write("ä");
      case "list":
        return this.write(["a"] as never);
      case "headers":
        this.setHeader("X-Int", 42);
        this.setHeader("X-Date", new Date(Date.UTC(2026, 0, 2, 3, 4, 5)));
        this.setHeader("X-Bytes", new TextEncoder().encode("bytes"));
        this.addHeader("X-Many", "a");
        this.addHeader("X-Many", "b");
        this.setHeader("X-Gone", "a");
        this.clearHeader("X-Gone");
        return this.clearHeader("X-Never");
      case "cleared":
        this.setHeader("X-A", "b");
        this.setStatus(400);
        this.write("dropped");
        this.clear();
        return this.write("kept");
      case "length":
        this.setHeader("Content-Length", "5");
        return this.write("hello");
      case "flush":
        this.write("one ");
        this.flush();
        this.flush();
        this.write("two");
        this.flush();
        this.write(" three");
        return void this.finish(" four");
      case "flush_length":
        this.setHeader("Content-Length", "8");
        this.write("one ");
        this.flush();
        return this.write("more");
      case "no_etag":
        this.setStatus(201);
        return this.write("created");
    }
  }
  override post(kind: string): void {
    this.get(kind);
  }
}

class Conditional extends RequestHandler {
  override get(): void {
    this.write("Hello");
  }
  override post(): void {
    this.write("Hello");
  }
}

class Weak extends Conditional {
  override computeEtag(): string {
    return 'W/"weak"';
  }
}

class Compressed extends RequestHandler {
  override get(kind: string): void {
    const { text } = ARGUMENT;
    switch (kind) {
      case "short":
        return this.write(text.slice(0, 1023));
      case "limit":
        return this.write(text.slice(0, 1024));
      case "png":
        this.setHeader("Content-Type", "image/png");
        break;
      case "json":
        return this.write({ text });
      case "svg":
        this.setHeader("Content-Type", "image/svg+xml; charset=utf-8");
        break;
      case "encoded":
        this.setHeader("Content-Encoding", "identity");
        break;
      case "vary":
        this.setHeader("Vary", "Accept-Language");
        break;
      case "flush":
        this.write(text);
        this.flush();
        return this.write("end");
      case "error":
        throw new HTTPError(404);
    }
    this.write(text);
  }
}

class AddSlash extends RequestHandler {
  @addslash
  override get(): void {
    this.write("ok");
  }
  @addslash
  override post(): void {
    this.write("ok");
  }
}

class RemoveSlash extends RequestHandler {
  @removeslash
  override get(): void {
    this.write("ok");
  }
  @removeslash
  override post(): void {
    this.write("ok");
  }
}

@streamRequestBody
class Streamed extends RequestHandler {
  #size = 0;
  override prepare(): void {
    if (this.getQueryArgument("refuse", null) !== null) throw new HTTPError(401);
  }
  override dataReceived(chunk: Uint8Array): void {
    this.#size += chunk.length;
  }
  override post(): void {
    this.write(`${this.#size} ${this.request.body.length}`);
  }
}

class Page extends RequestHandler {
  override getCurrentUser(): string {
    return "<Ann>";
  }
  override get(): void {
    this.render("page.html", { titles: ["<a>", "b"] });
  }
}

class Entry extends UIModule {
  override render(title: string, { count }: { count: number }): string {
    return `<p>${title} ${count} ${this.currentUser}</p>`;
  }
  override embeddedJavascript(): string {
    return "entry();";
  }
  override javascriptFiles(): string[] {
    return ["/a.js", "http://b.example/b.js?x&y", "/a.js"];
  }
  override embeddedCss(): string {
    return ".entry {}";
  }
  override cssFiles(): string {
    return "/a.css";
  }
  override htmlHead(): string {
    return "<meta name=entry>";
  }
  override htmlBody(): string {
    return "<!-- entry -->";
  }
}

class Other extends UIModule {
  override render(): string {
    return this.renderString("other.html", { x: "<" });
  }
  override embeddedJavascript(): string {
    return "other();";
  }
  override cssFiles(): string[] {
    return ["/a.css", "/other.css"];
  }
}

/** The application, with settings besides its own. */
export function makeApp(settings: ApplicationSettings): Application {
  return new Application([
    ["/redirect/(.*)", Redirects],
    ["/error/(.*)", Errors],
    ["/own_error/(.*)", OwnErrors],
    ["/write/(.*)", Writes],
    ["/conditional", Conditional],
    ["/weak", Weak],
    ["/compressed/(.*)", Compressed],
    ["/add/?", AddSlash],
    ["/remove/?", RemoveSlash],
    ["/streamed", Streamed],
    ["/page", Page, {}, "page"],
  ], {
    logFunction: () => {},
    templateLoader: new DictLoader(ARGUMENT.templates),
    uiModules: { Entry, Other },
    uiMethods: { method: (handler: RequestHandler, x: string) => `${x} of ${handler.request.path}` },
    ...settings,
  });
}
