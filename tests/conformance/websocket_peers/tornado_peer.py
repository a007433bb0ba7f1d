"""Tornado as a server that echoes, or as a client of an echo: see peers.ts for what both do."""

import asyncio
import json
import sys

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketHandler, websocket_connect


class EchoHandler(WebSocketHandler):
    def get_compression_options(self):
        return {"compression_level": 6}

    def on_message(self, message):
        if message == "close":
            self.close(4001, "as you like")
        else:
            self.write_message(message, binary=isinstance(message, bytes))


async def serve():
    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application([("/", EchoHandler)], websocket_max_message_size=1 << 24))
    server.add_sockets(sockets)
    print(sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def connect(url):
    messages = json.load(sys.stdin)
    connection = await websocket_connect(url, compression_options={}, max_message_size=1 << 24)
    echoed = []
    for message in messages:
        data = bytes(message) if isinstance(message, list) else message
        await connection.write_message(data, binary=isinstance(data, bytes))
        echoed.append(await connection.read_message() == data)
    await connection.write_message("close")
    last = await connection.read_message()
    print(json.dumps({"echoed": echoed, "last": last, "code": connection.close_code, "reason": connection.close_reason}))


asyncio.run(serve() if sys.argv[1] == "server" else connect(sys.argv[2]))
