"""Benchmark peer: a template of Tornado. Reads JSON: template, rows, seconds. Prints JSON: microseconds each, output."""

import json
import sys
import time

from tornado.template import Template

job = json.load(sys.stdin)
template = Template(job["template"])
rows = job["rows"]


def render():
    return template.generate(rows=rows)


for _ in range(20):
    output = render()
best = float("inf")
end = time.perf_counter() + job["seconds"]
while time.perf_counter() < end:
    began = time.perf_counter()
    for _ in range(20):
        render()
    best = min(best, (time.perf_counter() - began) / 20 * 1e6)
print(json.dumps({"us": best, "output": output.decode()}))
