"""A person with a browser, and an OAuth client, against a plugin that is served over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
import ssl
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import uvicorn
from pydantic import SecretStr

from plugwright import Call, OAuth, Plugin
from plugwright.application import Application
from plugwright.auth.passwords import Passwords
from plugwright.settings import Settings
from plugwright.store import accounts
from tests.operations.plugins import LOGO

CALLBACK = "https://client.example/callback"
USERNAME = "ada"
PASSWORD = "correct horse battery"  # noqa: S105 of a test
SCOPES = {"notes:read": "See your notes", "notes:write": "Write notes for you"}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, at: float = 1_800_000_000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += seconds


@dataclass(frozen=True)
class Reply:
    """One HTTP reply."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def location(self) -> str:
        return self.headers["Location"]

    @property
    def answer(self) -> dict[str, str]:
        """The parameters that a redirect to the client carries, each once."""
        pairs = parse_qsl(urlsplit(self.location).query, keep_blank_values=True)
        assert len(dict(pairs)) == len(pairs), f"a parameter is given twice in {self.location}"
        return dict(pairs)


@dataclass
class Form:
    """A form of a page."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def value(self, name: str) -> str:
        return dict(self.fields)[name]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given["action"]))
        elif tag == "input" and self.forms and "name" in given and "disabled" not in given:
            is_left_out = given.get("type") == "checkbox" and "checked" not in given
            self.forms[-1].fields += [] if is_left_out else [(given["name"], given.get("value", ""))]


def forms_of(reply: Reply) -> list[Form]:
    """The forms of a page, with their hidden fields and what is selected."""
    parser = _Forms()
    parser.feed(reply.text)
    return parser.forms


def form_to(page: Reply, path: str) -> Form:
    """The form of a page that is sent to a path."""
    found = [form for form in forms_of(page) if form.action == path]
    assert len(found) == 1, page.text
    return found[0]


@dataclass(frozen=True)
class Pkce:
    """A verifier and its challenge."""

    verifier: str
    challenge: str


def pkce() -> Pkce:
    """A new pair."""
    verifier = secrets.token_urlsafe(32)
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return Pkce(verifier, challenge)


class Browser:
    """A browser, or a client program: keeps cookies, follows nothing.

    Args:
        url: where paths are below.
        tls: whom it trusts, if not those whom the system trusts.
    """

    def __init__(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        self.url = url
        connector = None if tls is None else aiohttp.TCPConnector(ssl=tls)
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), connector=connector)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.key: cookie.value for cookie in self._session.cookie_jar}

    async def request(self, method: str, target: str, **options: Any) -> Reply:
        url = target if target.startswith("http") else self.url + target
        async with self._session.request(method, url, allow_redirects=False, **options) as reply:
            return Reply(reply.status, reply.headers, await reply.text())

    async def get(self, target: str, **options: Any) -> Reply:
        return await self.request("GET", target, **options)

    async def post(self, target: str, data: Any = None, **options: Any) -> Reply:
        return await self.request("POST", target, data=data, **options)

    async def submit(self, form: Form, *more: tuple[str, str], **options: Any) -> Reply:
        given = {name for name, _ in more}
        fields = [pair for pair in form.fields if pair[0] not in given]
        return await self.post(form.action, aiohttp.FormData([*fields, *more]), **options)


@dataclass(frozen=True)
class Client:
    """A registered client, and how it authenticates at the token endpoint."""

    id: str
    secret: str | None = None
    redirect_uri: str = CALLBACK

    @property
    def proof(self) -> dict[str, str]:
        return {"client_id": self.id} | ({} if self.secret is None else {"client_secret": self.secret})


@dataclass(frozen=True)
class Tokens:
    """What a token request gave."""

    access: str
    refresh: str
    scope: str


@dataclass(frozen=True)
class Site:
    """A served plugin, with an account, and a clock that a test moves."""

    url: str
    app: Application
    clock: Clock
    account_id: str

    @property
    def resource(self) -> str:
        return f"{self.url}/mcp"

    def browser(self) -> Browser:
        """A new browser without cookies."""
        return Browser(self.url)


def notes_plugin(**oauth: Any) -> Plugin:
    """A plugin with a public operation, one to read and one to write."""
    given: dict[str, Any] = {"scopes": SCOPES, **oauth}
    plugin = Plugin(
        name="notes",
        title="Notes",
        summary="Notes.",
        instructions="Use it for notes.",
        version="1.0.0",
        contact_email="a@example.com",
        legal_url="https://example.com/legal",
        logo=LOGO,
        auth=OAuth(**given),
    )

    @plugin.operation(effect="read", open_world=False, scopes=["notes:read"])
    async def list_notes(*, call: Call) -> str:
        """Your notes."""
        return f"notes of {call.subject}"

    @plugin.operation(effect="write", open_world=False, scopes=["notes:write"])
    async def add_note(text: str, *, call: Call) -> str:
        """Add a note."""
        return f"{text} for {call.subject}"

    @plugin.operation(effect="read", open_world=False, public=True)
    async def hello() -> str:
        """Say hello."""
        return "hello"

    return plugin


@contextlib.asynccontextmanager
async def serving(
    database_url: str, plugin: Plugin | None = None, *, clock: Clock | None = None, **settings: Any
) -> AsyncGenerator[Site]:
    """A plugin served on a free port of this machine, on a database, with one account."""
    clock = clock or Clock()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        given: dict[str, Any] = {
            "public_url": url,
            "secret": SecretStr("a secret of this test, long enough to be one"),
            "database_url": SecretStr(database_url),
            "database_connections": 4,
            "call_log": False,
            "registration_limit": 1000,
            "registration_total_limit": 10_000,
        }
        app = (plugin or notes_plugin()).asgi(Settings(**(given | settings)), now=clock)
        server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, lifespan="on", access_log=False, timeout_graceful_shutdown=2)
        )
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            while not server.started:
                assert not task.done(), "the server did not start"
                await asyncio.sleep(0.005)
            yield Site(url, app, clock, await _add_account(app, clock))
        finally:
            server.should_exit = True
            await task


async def _add_account(app: Application, clock: Clock) -> str:
    service = app.auth
    if service is None or service.database is None:  # the accounts are somebody else's, or there are none
        return ""
    passwords = service.passwords or Passwords()
    hashed = await passwords.hash(SecretStr(PASSWORD))

    def work(c: Any) -> str:
        found = accounts.find(c, accounts.PASSWORD, USERNAME)
        if found is not None:
            return found.id
        added = accounts.add(
            c, provider=accounts.PASSWORD, name=USERNAME, display_name="Ada", password_hash=hashed, now=clock()
        )
        return added.id

    return await service.database.write(work)


async def register(browser: Browser, **metadata: Any) -> Client:
    """A client that registered itself, public unless the metadata say otherwise."""
    given: dict[str, Any] = {
        "client_name": "A client",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
    }
    reply = await browser.request("POST", "/oauth/register", json=given | metadata)
    assert reply.status == 201, reply.text
    made = reply.json()
    return Client(made["client_id"], made.get("client_secret"), made["redirect_uris"][0])


def authorization(client: Client, challenge: str | None, **changes: str | None) -> dict[str, str]:
    """The parameters of an authorization request; a change to nothing leaves one out."""
    given: dict[str, str | None] = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": client.redirect_uri,
        "scope": "notes:read",
        "state": "xyz",
        "code_challenge": challenge,
        "code_challenge_method": None if challenge is None else "S256",
    }
    return {name: value for name, value in (given | changes).items() if value is not None}


async def sign_in(browser: Browser, page: Reply, username: str = USERNAME, password: str = PASSWORD) -> Reply:
    """Fill in the sign-in page; where it leads."""
    form = form_to(page, "/oauth/sign-in")
    reply = await browser.submit(form, ("username", username), ("password", password))
    return await browser.get(reply.location) if reply.status == 303 else reply


async def allow(browser: Browser, page: Reply, *more: tuple[str, str]) -> Reply:
    """Agree on the consent page, with everything selected unless said otherwise."""
    return await browser.submit(form_to(page, "/oauth/consent"), ("decision", "allow"), *more)


async def get_code(browser: Browser, client: Client, challenge: str | None, **changes: str | None) -> str:
    """Walk through the pages to a code, signing in if the browser is not."""
    page = await browser.get("/oauth/authorize", params=authorization(client, challenge, **changes))
    if page.status == 200 and 'name="password"' in page.text:
        page = await sign_in(browser, page)
    if page.status == 200:
        page = await allow(browser, page)
    assert page.status == 303, page.text
    return page.answer["code"]


async def redeem(browser: Browser, client: Client, code: str, verifier: str | None, **changes: str | None) -> Reply:
    """Make a token request with a code; a change to nothing leaves a parameter out."""
    given: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "code_verifier": verifier,
        **client.proof,
    }
    return await browser.post("/oauth/token", _present(given | changes))


async def refresh(browser: Browser, client: Client, token: str, **changes: str | None) -> Reply:
    """Make a token request with a refresh token."""
    given: dict[str, str | None] = {"grant_type": "refresh_token", "refresh_token": token, **client.proof}
    return await browser.post("/oauth/token", _present(given | changes))


async def get_tokens(browser: Browser, client: Client, **changes: str | None) -> Tokens:
    """Walk all the way to tokens."""
    pair = pkce()
    code = await get_code(browser, client, pair.challenge, **changes)
    return tokens_of(await redeem(browser, client, code, pair.verifier))


def tokens_of(reply: Reply) -> Tokens:
    """The tokens in a reply."""
    assert reply.status == 200, reply.text
    made = reply.json()
    return Tokens(made["access_token"], made.get("refresh_token", ""), made["scope"])


async def call(browser: Browser, token: str | None, path: str = "/list-notes") -> Reply:
    """Call an operation with a token."""
    return await browser.get(path, headers={} if token is None else {"Authorization": f"Bearer {token}"})


def _present(given: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in given.items() if value is not None}
