"""Benchmark peer: Tornado. Arguments: the port, the program, and the folder of static files.

No logging is configured, so that no request is logged. Routes and data are those of routes.ts.
"""

import asyncio
import re
import sys

import tornado.template
import tornado.web

TABLE = tornado.template.Template("""<!doctype html><title>Table</title><table>
{% for row in rows %}<tr class="{{ 'odd' if row['id'] % 2 else 'even' }}"><td>{{ row['id'] }}</td><td>{{ row['name'] }}</td>
<td>{{ row['email'] }}</td><td>{{ row['price'] }}</td><td>{{ row['note'] }}</td></tr>
{% end %}</table>""")


def table_rows():
    return [
        {
            "id": index,
            "name": f"Name {index}",
            "email": f"user{index}@example.com",
            "price": index * 1.25 + 0.5,
            "note": f"it's \"so\" & <so> {index}" if index % 3 == 0 else f"A note of the usual length, number {index}",
        }
        for index in range(100)
    ]


class Json(tornado.web.RequestHandler):
    def get(self):
        # Without blanks, which json.dumps adds and the others have not.
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        self.write(f'{{"message":"Hello, world","at":"{self.request.path}"}}')


class Table(tornado.web.RequestHandler):
    def get(self):
        self.write(TABLE.generate(rows=table_rows()))


class Form(tornado.web.RequestHandler):
    def post(self):
        self.write("Hello, " + self.get_body_argument("name"))


class Records(tornado.web.RequestHandler):
    def get(self):
        self.write({"records": (table_rows() + table_rows())[:160]})


class Route(tornado.web.RequestHandler):
    def initialize(self, index):
        self.index = index

    def get(self, id=None):
        self.write(f"Route {self.index}" if id is None else f"Route {self.index} {id}")


def route(index):
    prefix = f"/section{index % 25}/topic{index}/" + ("overview" if index % 2 == 0 else "items")
    return (prefix if index % 2 == 0 else prefix + "/([^/]+)", Route, {"index": index})


async def main():
    port, program, folder = sys.argv[1:]
    match = re.match(r"routes-(\d+)$", program)
    count = int(match.group(1)) if match else 0
    routes = [route(index) for index in range(count)]
    app = tornado.web.Application(
        routes + [("/json", Json), ("/table", Table), ("/form", Form), ("/records", Records)],
        static_path=folder,
        compress_response=program == "gzip",
    )
    app.listen(int(port), address="127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
