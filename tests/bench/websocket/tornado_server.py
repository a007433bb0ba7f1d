"""Benchmark peer: Tornado's WebSocketHandler. With the argument "compress" messages are compressed; the port is told on
standard error."""

import asyncio
import sys

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketHandler

everybody = set()


class Handler(WebSocketHandler):
    def get_compression_options(self):
        return {} if "compress" in sys.argv else None


class EchoHandler(Handler):
    def on_message(self, message):
        self.write_message(message, binary=isinstance(message, bytes))


class BroadcastHandler(Handler):
    def open(self):
        everybody.add(self)

    def on_message(self, message):
        for one in everybody:
            one.write_message(message, binary=isinstance(message, bytes))

    def on_close(self):
        everybody.discard(self)


async def main():
    sockets = bind_sockets(0, "127.0.0.1", backlog=1024)
    app = Application([("/echo", EchoHandler), ("/broadcast", BroadcastHandler)], log_function=lambda handler: None)
    HTTPServer(app).add_sockets(sockets)
    print("port", sockets[0].getsockname()[1], file=sys.stderr, flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
