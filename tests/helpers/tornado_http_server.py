"""A server on Tornado for tests of clients. It prints its port, and runs until its standard input ends."""
import logging
import asyncio, gzip, json, sys
import tornado.web, tornado.httpserver, tornado.netutil

class Echo(tornado.web.RequestHandler):
    def handle(self):
        self.set_header("X-Connection", str(id(self.request.connection.stream)))
        self.write({"method": self.request.method, "body": self.request.body.decode(),
                    "auth": self.request.headers.get("Authorization", ""),
                    "host": self.request.host, "agent": self.request.headers["User-Agent"]})
    get = post = put = patch = delete = options = handle

class Redirect(tornado.web.RequestHandler):
    def get(self, code):
        self.redirect("/echo", status=int(code))
    post = put = get

class Countdown(tornado.web.RequestHandler):
    def get(self, count):
        if int(count) > 0:
            self.redirect("/countdown/%d" % (int(count) - 1))
        else:
            self.write("Zero")

class Chunks(tornado.web.RequestHandler):
    async def get(self):
        for i in range(5):
            self.write("x" * 1000)
            await self.flush()

class Missing(tornado.web.RequestHandler):
    def get(self):
        raise tornado.web.HTTPError(403)

class NoLength(tornado.web.RequestHandler):
    async def get(self):
        stream = self.detach()
        await stream.write(b"HTTP/1.0 200 OK\r\n\r\nuntil the close")
        stream.close()

@tornado.web.stream_request_body
class Upload(tornado.web.RequestHandler):
    def prepare(self):
        self.size = 0
        if self.request.headers.get("X-Refuse"):
            raise tornado.web.HTTPError(403)
    def data_received(self, chunk):
        self.size += len(chunk)
    def post(self):
        self.write(str(self.size))

async def main():
    app = tornado.web.Application([
        ("/echo", Echo), ("/redirect/(.*)", Redirect), ("/countdown/(.*)", Countdown), ("/chunks", Chunks),
        ("/missing", Missing), ("/nolength", NoLength), ("/upload", Upload),
    ], gzip=True)
    server = tornado.httpserver.HTTPServer(app)
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    print(sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

logging.getLogger("tornado").setLevel(logging.CRITICAL)
asyncio.run(main())
