"""Signs in at a served plugin as an assistant would, so that a person can try it with a browser alone.

A small OAuth client on the loopback interface (RFC 8252 §7.3): its first page leads to the plugin's sign-in, and
whoever comes back from there gets an access token to call operations with.
"""

# ruff: noqa: INP001 - a part of the script beside it, not of a package

from __future__ import annotations

import html
import http.client
import json
import secrets
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

HOST = "127.0.0.1"
SCOPES = "places:read places:write"
MOST_WAITING = 20  # sign-ins that were begun; the oldest is forgotten for another
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>{title}</title><style>body{{font:1.1rem/1.6 system-ui;max-width:34rem;margin:15vh auto;padding:0 1rem}}</style>
<h1>{title}</h1><p>{text}</p><p><a href="/">Sign in again</a></p></html>
"""


class SignInFailed(Exception):
    """Why there is no token, in one line."""


class Plugin:
    """The served plugin: reached on the loopback interface, known to the world by its public URL."""

    def __init__(self, port: int, public_url: str) -> None:
        self.port = port
        self.public_url = public_url

    def request(
        self, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """The status and the text of one reply."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            named = {"Accept": "application/json", "Host": urlsplit(self.public_url).netloc}
            connection.request(method, path, body, named | dict(headers or {}))
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        finally:
            connection.close()


class DemoClient:
    """An OAuth client without a secret, which registers itself (RFC 7591)."""

    def __init__(self, plugin: Plugin, redirect_uri: str) -> None:
        self.plugin = plugin
        self.redirect_uri = redirect_uri
        self._waiting: dict[str, str] = {}
        self._id = self._register()

    def begin(self) -> str:
        """Where a browser begins to sign in."""
        state, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(32)
        while len(self._waiting) >= MOST_WAITING:
            self._waiting.pop(next(iter(self._waiting)), None)
        self._waiting[state] = verifier
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._id,
            "redirect_uri": self.redirect_uri,
            "scope": SCOPES,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self.plugin.public_url}/oauth/authorize?{urlencode(query)}"

    def finish(self, answer: Mapping[str, str]) -> str:
        """The access token for what a browser came back with.

        Raises:
            SignInFailed: the person did not agree, or the answer is not one to a sign-in that began here.
        """
        verifier = self._waiting.pop(answer.get("state", ""), None)
        if verifier is None or answer.get("iss") != self.plugin.public_url:
            raise SignInFailed("This is not the answer to a sign-in that began here.")
        if "error" in answer:
            raise SignInFailed(f"The plugin answered {answer['error']}: {answer.get('error_description', '')}")
        form = {
            "grant_type": "authorization_code",
            "code": answer.get("code", ""),
            "redirect_uri": self.redirect_uri,
            "client_id": self._id,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        status, text = self.plugin.request("POST", "/oauth/token", urlencode(form), headers)
        if status != http.client.OK:
            raise SignInFailed(f"The plugin gave no token: {text}")
        return json.loads(text)["access_token"]

    def _register(self) -> str:
        metadata = {
            "client_name": "Demo in your terminal",
            "redirect_uris": [self.redirect_uri],
            "grant_types": ["authorization_code"],
            "token_endpoint_auth_method": "none",
        }
        headers = {"Content-Type": "application/json"}
        status, text = self.plugin.request("POST", "/oauth/register", json.dumps(metadata), headers)
        if status != http.client.CREATED:
            raise SignInFailed(f"The plugin registered no client: {text}")
        return json.loads(text)["client_id"]


class ClientSite(ThreadingHTTPServer):
    """The client's own pages, on a free port of the loopback interface."""

    def __init__(self, plugin: Plugin, on_token: Callable[[str], None]) -> None:
        super().__init__((HOST, 0), ClientPages)
        self.on_token = on_token
        self.address = f"http://{HOST}:{self.server_address[1]}"
        self.client = DemoClient(plugin, f"{self.address}/callback")


class ClientPages(BaseHTTPRequestHandler):
    """Leads to the plugin, and takes what comes back."""

    server: ClientSite  # pyright: ignore[reportIncompatibleVariableOverride] the one kind of server it answers for

    def do_GET(self) -> None:
        """Answer one page."""
        parts = urlsplit(self.path)
        if parts.path == "/":
            self._send(http.client.SEE_OTHER, "", location=self.server.client.begin())
        elif parts.path == "/callback":
            self._finish({name: values[0] for name, values in parse_qs(parts.query).items()})
        elif parts.path == "/done":
            text = "Your token is in the terminal where the demo runs, with calls to try."
            self._send(http.client.OK, PAGE.format(title="You are signed in", text=text))
        else:
            self._send(http.client.NOT_FOUND, PAGE.format(title="Nothing is here", text=""))

    def _finish(self, answer: Mapping[str, str]) -> None:
        try:
            self.server.on_token(self.server.client.finish(answer))
        except (SignInFailed, OSError) as failed:
            page = PAGE.format(title="You are not signed in", text=html.escape(str(failed)))
            self._send(http.client.BAD_REQUEST, page)
        else:
            self._send(http.client.SEE_OTHER, "", location="/done")  # a reload repeats nothing

    def _send(self, status: int, page: str, *, location: str = "") -> None:
        body = page.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Leave the terminal to the plugin's own lines."""


@contextmanager
def waiting_for_sign_in(plugin: Plugin, on_token: Callable[[str], None]) -> Generator[str]:
    """Serve the pages of the client while the block runs; gives their address.

    Raises:
        SignInFailed: the plugin registers no clients.
    """
    with ClientSite(plugin, on_token) as site:
        thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        try:
            yield f"{site.address}/"
        finally:
            site.shutdown()
            thread.join()
