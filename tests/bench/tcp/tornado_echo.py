"""Benchmark peer: an echo on Tornado's IOStream. The port is told on standard error."""

import asyncio
import sys

from tornado.iostream import StreamClosedError
from tornado.netutil import bind_sockets
from tornado.tcpserver import TCPServer


class EchoServer(TCPServer):
    async def handle_stream(self, stream, address):
        try:
            while True:
                await stream.write(await stream.read_bytes(65536, partial=True))
        except StreamClosedError:
            pass


async def main():
    sockets = bind_sockets(0, "127.0.0.1")
    server = EchoServer()
    server.add_sockets(sockets)
    print("port", sockets[0].getsockname()[1], file=sys.stderr, flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
