"""Benchmark peer: callbacks and timers of asyncio, or of uvloop. Prints one line of JSON: nanoseconds each.

Arguments: asyncio or uvloop, the batch size, the number of batches.
"""

import asyncio
import json
import sys
import time


async def measure(schedule, batch, batches):
    loop = asyncio.get_running_loop()
    best = float("inf")
    for _ in range(batches):
        done = loop.create_future()
        left = batch

        def callback():
            nonlocal left
            left -= 1
            if left == 0:
                done.set_result(None)

        began = time.perf_counter_ns()
        for _ in range(batch):
            schedule(loop, callback)
        await done
        best = min(best, (time.perf_counter_ns() - began) / batch)
    return best


async def main(batch, batches):
    return {
        "callbacks": await measure(lambda loop, callback: loop.call_soon(callback), batch, batches),
        "timers": await measure(lambda loop, callback: loop.call_later(0, callback), batch, batches),
        "cancelled": await measure_cancelled(batch, batches),
    }


async def measure_cancelled(batch, batches):
    loop = asyncio.get_running_loop()
    best = float("inf")
    for _ in range(batches):
        began = time.perf_counter_ns()
        for _ in range(batch):
            loop.call_later(3600, print).cancel()
        await asyncio.sleep(0)
        best = min(best, (time.perf_counter_ns() - began) / batch)
    return best


if __name__ == "__main__":
    name, batch, batches = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if name == "uvloop":
        import uvloop

        uvloop.install()
    print(json.dumps(asyncio.run(main(batch, batches))))
