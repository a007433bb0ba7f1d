"""Benchmark peer: Tornado's simple client. The arguments are those of load.ts."""

import asyncio
import json
import sys
import time

from tornado.httpclient import AsyncHTTPClient

url, kind, *numbers = sys.argv[1:]
AsyncHTTPClient.configure(None, max_clients=16, max_body_size=2**40)


async def small(connections, warm_up_ms, measured_ms):
    client = AsyncHTTPClient()

    async def until(end):
        count = 0

        async def one():
            nonlocal count
            while time.perf_counter() < end:
                response = await client.fetch(url)
                assert len(response.body) == 12
                count += 1

        await asyncio.gather(*(one() for _ in range(connections)))
        return count

    await until(time.perf_counter() + warm_up_ms / 1000)
    print("begin", flush=True)
    start = time.perf_counter()
    requests = await until(start + measured_ms / 1000)
    print(json.dumps({"requests": requests, "ms": (time.perf_counter() - start) * 1000}), flush=True)


async def download(count):
    client = AsyncHTTPClient()

    async def fetch(size):
        length = 0

        def on_chunk(chunk):
            nonlocal length
            length += len(chunk)

        await client.fetch(f"{url}bytes/{size}", streaming_callback=on_chunk, request_timeout=0)
        assert length == size

    await fetch(1 << 20)
    print("begin", flush=True)
    start = time.perf_counter()
    await fetch(count)
    print(json.dumps({"bytes": count, "ms": (time.perf_counter() - start) * 1000}), flush=True)


asyncio.run(small(*map(int, numbers)) if kind == "small" else download(int(numbers[0])))
