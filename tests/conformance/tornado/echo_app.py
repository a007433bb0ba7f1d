"""The application of tornado_test.ts for a real Tornado: prints one port for each entry of argv[1], and serves."""

import asyncio
import json
import logging
import sys

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders, ResponseStartLine, responses
from tornado.netutil import bind_sockets

logging.disable(logging.CRITICAL)


def latin1(value):
    return value if isinstance(value, str) else value.decode("latin1")


def values(arguments):
    return {name: [latin1(value) for value in arguments[name]] for name in sorted(arguments)}


def describe(request):
    fields = {}
    for name, value in request.headers.get_all():
        fields.setdefault(name.lower(), []).append(value)
    try:
        url = request.full_url()
    except Exception as error:
        url = repr(error)
    return {
        "method": request.method,
        "uri": request.uri,
        "path": request.path,
        "query": request.query,
        "version": request.version,
        "host": request.host,
        "hostName": request.host_name,
        "remoteIp": request.remote_ip,
        "protocol": request.protocol,
        "url": url,
        "headers": [[name, fields[name]] for name in sorted(fields)],
        "body": latin1(request.body),
        "queryArguments": values(request.query_arguments),
        "bodyArguments": values(request.body_arguments),
        "files": {
            name: [[file["filename"], file["content_type"], latin1(file["body"])] for file in request.files[name]]
            for name in sorted(request.files)
        },
        "cookies": {name: request.cookies[name].value for name in sorted(request.cookies)},
    }


def respond(request, code, fields, chunks):
    connection = request.connection
    headers = HTTPHeaders()
    for name, value in fields:
        headers.add(name, value)
    connection.write_headers(ResponseStartLine("", code, responses.get(code, "Unknown")), headers)
    for chunk in chunks if request.method != "HEAD" else []:
        connection.write(chunk)
    connection.finish()


def app(request):
    path = request.path
    if path == "/length":
        respond(request, 200, [("Content-Length", "6")], [b"one", b"two"])
    elif path == "/chunks":
        respond(request, 200, [("X-A", "b"), ("X-A", "c")], [b"one", b"two"])
    elif path == "/empty":
        respond(request, 200, [], [])
    elif path == "/204":
        respond(request, 204, [("X-A", "b")], [])
    elif path == "/304":
        respond(request, 304, [("Etag", '"a"')], [])
    elif path == "/close":
        respond(request, 200, [("Connection", "close"), ("Content-Length", "2")], [b"ok"])
    elif path == "/418":
        respond(request, 418, [("Content-Length", "6")], [b"teapot"])
    else:
        text = json.dumps(describe(request), ensure_ascii=False, separators=(",", ":")).encode()
        respond(request, 200, [("Content-Length", str(len(text)))], [text])


async def main():
    ports = []
    for options in json.loads(sys.argv[1]):
        sockets = bind_sockets(0, "127.0.0.1")
        HTTPServer(app, **options).add_sockets(sockets)
        ports.append(sockets[0].getsockname()[1])
    print(json.dumps(ports), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
