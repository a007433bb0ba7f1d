"""Python's websockets as a server that echoes, or as a client of an echo: see peers.ts for what both do."""

import asyncio
import json
import sys

import websockets

LIMITS = {"max_size": 1 << 24}


async def echo(connection, path=None):
    async for message in connection:
        if message == "close":
            await connection.close(4001, "as you like")
            return
        await connection.send(message)


async def serve():
    async with websockets.serve(echo, "127.0.0.1", 0, **LIMITS) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def connect(url):
    messages = json.load(sys.stdin)
    async with websockets.connect(url, **LIMITS) as connection:
        await (await connection.ping())
        echoed = []
        for message in messages:
            data = bytes(message) if isinstance(message, list) else message
            await connection.send(data)
            echoed.append(await connection.recv() == data)
        await connection.send("close")
        last = None
        try:
            last = await connection.recv()
        except websockets.ConnectionClosed as error:
            code, reason = error.rcvd.code, error.rcvd.reason
    print(json.dumps({"echoed": echoed, "last": last, "code": code, "reason": reason}))


asyncio.run(serve() if sys.argv[1] == "server" else connect(sys.argv[2]))
