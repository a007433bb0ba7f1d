"""Benchmark peer: Tornado, with what a default RequestHandler does. Arguments: the port, and the program.

No logging is configured, so that no request is logged.
"""

import asyncio
import json
import sys

import tornado.web

LARGE_TEXT = "0123456789abcdef" * 6400
PIECE = b"x" * 65536
DOWNLOAD_CHUNKS = 16384


class Hello(tornado.web.RequestHandler):
    def get(self):
        self.write("Hello, world")


class Json(tornado.web.RequestHandler):
    def get(self):
        self.set_header("Content-Type", "application/json")
        self.write(json.dumps({"message": "Hello, world"}, separators=(",", ":")))


class Large(tornado.web.RequestHandler):
    def get(self):
        self.set_header("Content-Type", "text/plain")
        self.write(LARGE_TEXT)


class Echo(tornado.web.RequestHandler):
    def post(self):
        self.set_header("Content-Type", "text/plain")
        self.write(self.request.body)


class Form(tornado.web.RequestHandler):
    def post(self):
        self.write("Hello, " + self.get_body_argument("name"))


class Cookie(tornado.web.RequestHandler):
    def get(self):
        self.write("Hello, " + self.get_cookie("session"))


@tornado.web.stream_request_body
class Upload(tornado.web.RequestHandler):
    def prepare(self):
        self.request.connection.set_max_body_size(2**31)
        self.size = 0

    def data_received(self, chunk):
        self.size += len(chunk)

    def post(self):
        self.write(str(self.size))


class Download(tornado.web.RequestHandler):
    async def get(self):
        self.set_header("Content-Length", str(DOWNLOAD_CHUNKS * len(PIECE)))
        for _ in range(DOWNLOAD_CHUNKS):
            self.write(PIECE)
            await self.flush()


HANDLERS = {
    "hello": Hello,
    "json": Json,
    "large": Large,
    "echo": Echo,
    "form": Form,
    "cookie": Cookie,
    "upload": Upload,
    "download": Download,
}


async def main():
    app = tornado.web.Application([(r"/", HANDLERS[sys.argv[2]])])
    app.listen(int(sys.argv[1]), address="127.0.0.1", backlog=511)
    await asyncio.Event().wait()


asyncio.run(main())
