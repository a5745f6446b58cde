"""The local web site of the widget tests: a host page, and the widget under the CSP that hosts give it."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).parent
WIDGET = HERE.parent.parent / "widget" / "forecast.html"
# What a host derives from a resource that declares no domains: nothing may be loaded from anywhere.
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'none'"


def host_page() -> str:
    """The MCP Apps host."""
    return (HERE / "pages" / "mcp-app.html").read_text(encoding="utf-8")


def widget() -> str:
    """The widget as it is."""
    return WIDGET.read_text(encoding="utf-8")


def widget_in_chatgpt() -> str:
    """The widget with ChatGPT's object in its window."""
    script = (HERE / "pages" / "chatgpt.js").read_text(encoding="utf-8")
    return widget().replace("<head>", f"<head>\n<script>\n{script}</script>", 1)


# path: (page, its Content-Security-Policy)
PAGES = {
    "/host": (host_page, ""),
    "/widget": (widget, POLICY),
    "/chatgpt": (widget_in_chatgpt, POLICY),
}


class Handler(BaseHTTPRequestHandler):
    """Answers the three pages, and nothing else."""

    def do_GET(self) -> None:
        make, policy = PAGES.get(self.path, (None, ""))
        if make is None:
            self.send_error(404)
            return
        body = make().encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if policy:
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Keep the tests' output clean."""


@contextmanager
def serving() -> Generator[str]:
    """Serve the site on a free port of the loopback interface; gives its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
