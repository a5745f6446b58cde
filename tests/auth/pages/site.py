"""Pages served over HTTP by the standard library, so that a browser enforces what their headers say."""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

from plugwright.auth.pages.models import Page
from plugwright.auth.pages.render import Pages

LOGO = Path(__file__).parents[3] / "examples" / "weather" / "assets" / "logo.png"
Form = list[tuple[str, str]]


@dataclass
class Site:
    """What is served, and what was posted to it: the path, the form and the headers."""

    address: str = ""
    pages: dict[str, Page] = field(default_factory=dict[str, Page])
    redirects: dict[str, str] = field(default_factory=dict[str, str])
    posts: list[tuple[str, Form, Mapping[str, str]]] = field(default_factory=list[tuple[str, Form, Mapping[str, str]]])


@contextmanager
def serving(renderer: Pages, pages: Mapping[str, Page]) -> Generator[Site]:
    """A site on a free loopback port; a POST is noted and answered 303 to its entry in ``redirects``, else to /done."""
    site = Site(pages=dict(pages))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].lstrip("/")
            if (page := site.pages.get(path)) is not None:
                reply = renderer.respond(page, accept_language=self.headers.get("Accept-Language"))
                self.answer(
                    200, {name.decode(): value.decode() for name, value in reply.raw_headers}, bytes(reply.body)
                )
            elif path == "logo.png":
                self.answer(200, {"content-type": "image/png"}, LOGO.read_bytes())
            elif path in site.redirects:
                self.answer(302, {"location": site.redirects[path]})
            else:
                self.answer(200, {"content-type": "text/html"}, b"<!doctype html><title>done</title><h1>Done</h1>")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            site.posts.append((self.path, parse_qsl(body, keep_blank_values=True), dict(self.headers.items())))
            self.answer(303, {"location": site.redirects.get(self.path, "/done")})

        def answer(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
