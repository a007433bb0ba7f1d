"""The application of app.ts in Tornado. Serves until its standard input ends."""

import asyncio
import datetime
import json
import logging
import sys

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.template import DictLoader
from tornado.web import (
    Application,
    Finish,
    HTTPError,
    RequestHandler,
    UIModule,
    addslash,
    removeslash,
    stream_request_body,
)

logging.disable(logging.CRITICAL)
ARGUMENT = json.loads(sys.argv[1])


class Redirects(RequestHandler):
    def get(self, kind):
        if kind == "plain":
            self.redirect("/target?a=b")
        elif kind == "permanent":
            self.redirect("/target", permanent=True)
        elif kind == "status":
            self.redirect("http://example.com/", status=307)
        elif kind == "twice":
            self.set_header("X-A", "b")
            self.write("kept")
            self.redirect("other", status=303)
        elif kind == "wrong":
            self.redirect("/target", status=200)
        elif kind == "late":
            self.write("sent")
            self.flush()
            try:
                self.redirect("/target")
            except Exception:
                self.write(" refused")

    post = get


class Errors(RequestHandler):
    def get(self, kind):
        self.set_header("X-Dropped", "yes")
        self.set_header("Content-Type", "text/plain")
        self.write("dropped")
        if kind == "raise":
            raise ValueError("mine")
        elif kind == "finish":
            self.set_status(409)
            raise Finish()
        elif kind == "finish_chunk":
            raise Finish({"a": 1})
        elif kind == "unknown":
            raise HTTPError(435)
        elif kind == "reason":
            raise HTTPError(400, reason="Very & Bad")
        elif kind == "log":
            raise HTTPError(403, "secret %s", "x")
        elif kind == "send":
            self.send_error(418, reason="Teapot")
        elif kind == "status":
            self.set_status(435)
        elif kind == "status_reason":
            self.set_status(682, "Foo")
        elif kind == "204":
            self.clear()
            self.set_status(204)
            self.set_header("Content-Encoding", "gzip")
            self.set_header("Content-Language", "en")
            self.set_header("X-A", "b")
        elif kind == "304":
            self.clear()
            self.set_status(304)
            self.set_header("Etag", '"x"')
        elif kind == "finished":
            self.finish("end")
            raise ValueError("late")

    post = get


class OwnErrors(RequestHandler):
    def get(self, kind):
        raise HTTPError(404 if kind == "page" else 410)

    def write_error(self, status_code, **kwargs):
        if status_code == 410:
            raise ValueError("mine")
        self.set_header("Content-Type", "text/plain")
        self.write("Status: %d" % status_code)


class Writes(RequestHandler):
    def get(self, kind):
        if kind == "dict":
            self.write({"a": [1, "</script>"]})
        elif kind == "bytes":
            self.write(b"\xff\x00")
            self.write("\u00e4")
        elif kind == "list":
            self.write(["a"])
        elif kind == "headers":
            self.set_header("X-Int", 42)
            self.set_header("X-Date", datetime.datetime(2026, 1, 2, 3, 4, 5))
            self.set_header("X-Bytes", b"bytes")
            self.add_header("X-Many", "a")
            self.add_header("X-Many", "b")
            self.set_header("X-Gone", "a")
            self.clear_header("X-Gone")
            self.clear_header("X-Never")
        elif kind == "cleared":
            self.set_header("X-A", "b")
            self.set_status(400)
            self.write("dropped")
            self.clear()
            self.write("kept")
        elif kind == "length":
            self.set_header("Content-Length", "5")
            self.write("hello")
        elif kind == "flush":
            self.write("one ")
            self.flush()
            self.flush()
            self.write("two")
            self.flush()
            self.write(" three")
            self.finish(" four")
        elif kind == "flush_length":
            self.set_header("Content-Length", "8")
            self.write("one ")
            self.flush()
            self.write("more")
        elif kind == "no_etag":
            self.set_status(201)
            self.write("created")

    def post(self, kind):
        self.get(kind)

    def head(self, kind):
        self.get(kind)


class Conditional(RequestHandler):
    def get(self):
        self.write("Hello")

    def head(self):
        self.write("Hello")

    def post(self):
        self.write("Hello")


class Weak(RequestHandler):
    def get(self):
        self.write("Hello")

    def compute_etag(self):
        return 'W/"weak"'


class Compressed(RequestHandler):
    def get(self, kind):
        text = ARGUMENT["text"]
        if kind == "page":
            self.write(text)
        elif kind == "short":
            self.write(text[:1023])
        elif kind == "limit":
            self.write(text[:1024])
        elif kind == "png":
            self.set_header("Content-Type", "image/png")
            self.write(text)
        elif kind == "json":
            self.write({"text": text})
        elif kind == "svg":
            self.set_header("Content-Type", "image/svg+xml; charset=utf-8")
            self.write(text)
        elif kind == "encoded":
            self.set_header("Content-Encoding", "identity")
            self.write(text)
        elif kind == "vary":
            self.set_header("Vary", "Accept-Language")
            self.write(text)
        elif kind == "flush":
            self.write(text)
            self.flush()
            self.write("end")
        elif kind == "error":
            raise HTTPError(404)


class AddSlash(RequestHandler):
    @addslash
    def get(self):
        self.write("ok")

    @addslash
    def post(self):
        self.write("ok")


class RemoveSlash(RequestHandler):
    @removeslash
    def get(self):
        self.write("ok")

    @removeslash
    def post(self):
        self.write("ok")


@stream_request_body
class Streamed(RequestHandler):
    def prepare(self):
        self.size = 0
        if self.get_query_argument("refuse", None):
            raise HTTPError(401)

    def data_received(self, chunk):
        self.size += len(chunk)

    def post(self):
        self.write("%d %d" % (self.size, len(self.request.body)))


class Page(RequestHandler):
    def get_current_user(self):
        return "<Ann>"

    def get(self):
        self.render("page.html", titles=["<a>", "b"])


class Entry(UIModule):
    def render(self, title, count=0):
        return "<p>%s %d %s</p>" % (title, count, self.current_user)

    def embedded_javascript(self):
        return "entry();"

    def javascript_files(self):
        return ["/a.js", "http://b.example/b.js?x&y", "/a.js"]

    def embedded_css(self):
        return ".entry {}"

    def css_files(self):
        return "/a.css"

    def html_head(self):
        return "<meta name=entry>"

    def html_body(self):
        return "<!-- entry -->"


class Other(UIModule):
    def render(self):
        return self.render_string("other.html", x="<")

    def embedded_javascript(self):
        return "other();"

    def css_files(self):
        return ["/a.css", "/other.css"]


def method(handler, x):
    return "%s of %s" % (x, handler.request.path)


def make_app(**settings):
    return Application(
        [
            ("/redirect/(.*)", Redirects),
            ("/error/(.*)", Errors),
            ("/own_error/(.*)", OwnErrors),
            ("/write/(.*)", Writes),
            ("/conditional", Conditional),
            ("/weak", Weak),
            ("/compressed/(.*)", Compressed),
            ("/add/?", AddSlash),
            ("/remove/?", RemoveSlash),
            ("/streamed", Streamed),
            ("/page", Page, {}, "page"),
        ],
        template_loader=DictLoader(ARGUMENT["templates"]),
        ui_modules={"Entry": Entry, "Other": Other},
        ui_methods={"method": method},
        **settings
    )


async def main():
    ports = []
    for settings in [{}, {"compress_response": True}]:
        sockets = bind_sockets(0, "127.0.0.1")
        HTTPServer(make_app(**settings)).add_sockets(sockets)
        ports.append(sockets[0].getsockname()[1])
    print(json.dumps(ports), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
