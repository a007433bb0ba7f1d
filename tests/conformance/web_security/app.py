"""The application of web_security_test.ts in Tornado, and direct calls of its functions.

Reads one JSON job from standard input and prints one JSON answer: what each raw request was answered with, as Latin-1
text, the values that were signed, and what became of the values that were to be read.
"""

import asyncio
import base64
import json
import logging
import sys

from tornado import httpserver, netutil, web

logging.disable(logging.CRITICAL)
job = json.load(sys.stdin)


class Arguments(web.RequestHandler):
    def get(self):
        result = {}
        for name in ["a", "b", "missing"]:
            result[name] = [
                self.get_argument(name, None),
                self.get_arguments(name),
                self.get_arguments(name, strip=False),
                self.get_query_argument(name, "default"),
                self.get_query_arguments(name),
                self.get_body_argument(name, None, strip=False),
                self.get_body_arguments(name),
            ]
        self.write(result)

    def post(self):
        self.get()


class Required(web.RequestHandler):
    def get(self):
        self.write(self.get_argument("a"))


class Cookies(web.RequestHandler):
    def get(self):
        self.write({"cookies": [[name, self.get_cookie(name)] for name in sorted(self.cookies)]})


class SetCookies(web.RequestHandler):
    def get(self):
        for call in job["cookies"][int(self.get_argument("at"))]:
            options = {{"httpOnly": "httponly", "maxAge": "max_age", "sameSite": "samesite"}.get(key, key): value
                       for key, value in call.get("options", {}).items()}
            if "expires" in options:
                options["expires"] /= 1000
            try:
                if call.get("clear"):
                    self.clear_cookie(call["name"], **options)
                else:
                    self.set_cookie(call["name"], call["value"], **options)
                # The cookie library refuses some names later, when the head is made.
                self._new_cookie[call["name"]].OutputString(None)
            except Exception:
                self.write("refused ")


class SignedCookie(web.RequestHandler):
    def get(self):
        value = self.get_secure_cookie("signed")
        self.write({"value": None if value is None else list(value)})

    def post(self):
        self.set_secure_cookie("signed", self.get_argument("value"))


class Form(web.RequestHandler):
    def get(self):
        self.write(self.xsrf_token)

    def post(self):
        self.write("ok")

    put = delete = patch = options = post


class Private(web.RequestHandler):
    def get_current_user(self):
        return self.request.headers.get("X-User")

    def get_login_url(self):
        return self.get_argument("login", "/login")

    @web.authenticated
    def get(self, path):
        self.write(self.current_user)

    head = post = get


async def exchange(port, request):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request.encode("latin1"))
    answer = await reader.read()
    writer.close()
    return answer.decode("latin1")


async def main():
    routes = [
        (r"/arguments", Arguments),
        (r"/required", Required),
        (r"/cookies", Cookies),
        (r"/set", SetCookies),
        (r"/signed", SignedCookie),
        (r"/private(.*)", Private),
    ]
    settings = dict(cookie_secret=job["secret"])
    ports = []
    for application in [
        web.Application(routes, **settings),
        web.Application([(r"/form", Form)], xsrf_cookies=True),
        web.Application([(r"/form", Form)], xsrf_cookies=True, xsrf_cookie_version=1),
    ]:
        sockets = netutil.bind_sockets(0, "127.0.0.1")
        httpserver.HTTPServer(application).add_sockets(sockets)
        ports.append(sockets[0].getsockname()[1])
    answers = []
    for at in range(0, len(job["requests"]), 16):
        batch = job["requests"][at:at + 16]
        answers += await asyncio.gather(*(exchange(ports[item["application"]], item["text"]) for item in batch))
    print(json.dumps({"answers": answers, "signed": sign(), "read": read()}))


def secret_of(item):
    secret = item["secret"]
    return {int(key): value for key, value in secret.items()} if isinstance(secret, dict) else secret


def sign():
    return [
        web.create_signed_value(
            secret_of(item),
            item["name"],
            base64.b64decode(item["value"]),
            version=item["version"],
            key_version=item.get("keyVersion"),
            clock=lambda: item["nowMs"] / 1000,
        ).decode()
        for item in job["sign"]
    ]


def read():
    values = []
    for item in job["read"]:
        value = web.decode_signed_value(
            secret_of(item),
            item["name"],
            item["signed"],
            max_age_days=item["maxAgeDays"],
            clock=lambda: item["nowMs"] / 1000,
        )
        version = web.get_signature_key_version(item["signed"])
        values.append([None if value is None else base64.b64encode(value).decode(), version])
    return values


asyncio.run(main())
