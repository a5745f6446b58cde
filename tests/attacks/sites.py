"""Sites to attack: each in a thread with a loop of its own, so that tests can share it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from html import unescape
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from sqlalchemy import Connection

from plugwright import Plugin
from plugwright.application import Application
from plugwright.auth.service import AuthService
from plugwright.store import accounts, audit, clients
from plugwright.store.audit import Entry, Wanted
from plugwright.store.clients import Client as StoredClient
from plugwright.store.database import Database
from plugwright.store.secret_values import digest, new_id, new_secret
from tests.auth.server.flows import CALLBACK, PASSWORD, Browser, Client, Clock, Reply, Site, serving

ResultT = TypeVar("ResultT")
STARTS_WITHIN = 30.0


@dataclass(frozen=True)
class Attacked(Site):
    """A site in another thread."""

    public_url: str = ""

    @property
    def service(self) -> AuthService:
        """What is behind its sign-in."""
        assert self.app.auth is not None
        return self.app.auth

    @property
    def database(self) -> Database:
        """Its database."""
        assert self.service.database is not None
        return self.service.database

    def run(self, work: Callable[[Connection], ResultT]) -> ResultT:
        """The result of a transaction, past the server."""
        return self.database.run(work, writes=True)

    def add_account(self, name: str) -> str:
        """The id of a new account with the usual password."""
        passwords = self.service.passwords
        assert passwords is not None
        hashed = passwords._hasher.hash(PASSWORD)  # pyright: ignore[reportPrivateUsage] no loop is needed for it
        return self.run(
            lambda c: (
                accounts.add(
                    c,
                    provider=accounts.PASSWORD,
                    name=name,
                    display_name=name,
                    password_hash=hashed,
                    now=self.clock(),
                ).id
            )
        )

    def add_client(self, **fields: Any) -> Client:
        """A client that the operator entered: public and not trusted, unless the fields say otherwise."""
        usual: dict[str, Any] = {
            "id": new_id("c"),
            "source": "operator",
            "name": "An operator's client",
            "redirect_uris": (CALLBACK,),
            "grant_types": ("authorization_code", "refresh_token"),
            "created_at": self.clock(),
        }
        made = StoredClient(**(usual | fields))
        secret = new_secret("pw_cs") if made.auth_method.startswith("client_secret") else None
        made = replace(made, secret_digest=None if secret is None else digest(secret))
        self.run(lambda c: clients.add(c, made))
        return Client(made.id, secret, made.redirect_uris[0])

    def audited(self, event: str, **which: Any) -> Sequence[Entry]:
        """The latest entries of one kind in the audit log, the last one first."""
        return self.run(lambda c: audit.recent(c, 100, Wanted(event=event, **which)))

    def secure_browser(self) -> SecureBrowser:
        """A browser that reaches the site by its public URL, over a proxy's HTTPS."""
        return SecureBrowser(self.url, urlsplit(self.public_url).netloc)


class SecureBrowser(Browser):
    """A browser that a proxy forwards: it keeps cookies by hand, and shows what attributes they came with."""

    def __init__(self, url: str, host: str) -> None:
        self.url = url
        self.host = host
        self.jar: dict[str, str] = {}
        self.set_cookies: list[str] = []

    @property
    def cookies(self) -> dict[str, str]:
        return self.jar

    async def request(self, method: str, target: str, **options: Any) -> Reply:
        headers = {"Host": self.host, **options.pop("headers", {})}
        if self.jar:
            headers.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.jar.items()))
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.request(method, self.url + target, headers=headers, allow_redirects=False, **options) as reply,
        ):
            for line in reply.headers.getall("Set-Cookie", []):
                self.set_cookies.append(line)
                name, _, value = line.partition(";")[0].partition("=")
                self.jar[name] = value
            return Reply(reply.status, reply.headers, await reply.text())


@contextlib.contextmanager
def attacked(
    database_url: str,
    plugin: Plugin | None = None,
    *,
    clock: Clock | None = None,
    prepare: Callable[[Application], None] | None = None,
    **settings: Any,
) -> Generator[Attacked]:
    """A plugin served by a thread; ``prepare`` changes the application in that thread, before anybody calls."""
    running: list[Site] = []
    failures: list[BaseException] = []
    started = threading.Event()
    end: list[Callable[[], object]] = []

    async def serve() -> None:
        ending = asyncio.Event()
        end.append(partial(asyncio.get_running_loop().call_soon_threadsafe, ending.set))
        async with serving(database_url, plugin, clock=clock, **settings) as site:
            if prepare is not None:
                prepare(site.app)
            running.append(site)
            started.set()
            await ending.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001 the thread ends here; the test that waits raises it
            failures.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=run, name="attacked")
    thread.start()
    try:
        assert started.wait(STARTS_WITHIN)
        if failures:
            raise failures[0]
        site = running[0]
        public_url = settings.get("public_url", site.url)
        yield Attacked(site.url, site.app, site.clock, site.account_id, public_url)
    finally:
        if end and thread.is_alive():
            end[0]()
        thread.join(STARTS_WITHIN)


def told(page: Reply) -> dict[str, str]:
    """What an error page would tell the client, if the person takes its link: the parameters, each once."""
    found = [unescape(href) for href in re.findall(r'<a class="button main" href="([^"]+)"', page.text)]
    assert len(found) == 1, page.text
    pairs = parse_qsl(urlsplit(found[0]).query, keep_blank_values=True)
    assert len(dict(pairs)) == len(pairs), found
    return dict(pairs)


def is_page_only(reply: Reply) -> bool:
    """Whether a request ended on a page of the plugin, which leads nowhere."""
    return reply.status == 400 and "Location" not in reply.headers and 'class="button main"' not in reply.text


def refusal(reply: Reply) -> tuple[int, str]:
    """Status and error of a reply in JSON."""
    return reply.status, reply.json()["error"]
