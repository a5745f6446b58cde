"""One walk through sign-in at the weather plugin: everybody who takes part, and the steps that walks share."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tests.auth.server.flows import Browser, Reply
from tests.external.sign_in import chatgpt
from tests.external.sign_in.chatgpt import Asked, Found, Identity
from tests.external.sign_in.client_site import ClientSite, client_site, make_certificate
from tests.external.sign_in.person import Person, person
from tests.external.sign_in.site import Site

CITY: Final = "Lisbon"


@dataclass
class Walk:
    """The plugin, ChatGPT's programs, its page, what it publishes, and the person."""

    site: Site
    http: Browser
    back: ClientSite
    published: ClientSite
    person: Person

    async def save(self, token: str | None, name: str) -> Reply:
        """Save a place over REST."""
        body = {"name": name, "city": CITY}
        return await self.http.request("POST", "/places", json=body, headers=chatgpt.bearer(token))

    async def tool(self, found: Found, token: str | None, tool: str, **arguments: str) -> Reply:
        """Call a tool by the Model Context Protocol."""
        return await chatgpt.call_tool(self.http, found, token, tool, arguments)

    async def discover(self) -> Found:
        """Find the authorization server from the 401 of a call without a token."""
        refused = await self.save(None, "home")
        assert refused.status == 401
        return await chatgpt.discover(self.http, refused.headers["WWW-Authenticate"])

    async def identify(self, how: str, found: Found) -> Identity:
        """Become known to the authorization server in one of ChatGPT's two ways."""
        if how == "registered":
            return await chatgpt.register(self.http, found)
        return chatgpt.publish(self.published, found)

    async def come_back(self, found: Found, asked: Asked) -> str:
        """The code with which the person came back."""
        return chatgpt.code_of(await self.back.answer(), found, asked)

    async def get_tokens(self, found: Found, identity: Identity, asked: Asked) -> dict[str, Any]:
        """The tokens for the code with which the person came back."""
        return await chatgpt.exchange(self.http, found, identity, asked, await self.come_back(found, asked))


@asynccontextmanager
async def walking(
    site: Site, documents_port: int, chromium: str, folder: Path, *, locale: str = "en-US", scripts: bool = False
) -> AsyncGenerator[Walk]:
    """A walk whose end is ChatGPT's own host, which is a port of this machine for the person's browser."""
    certificate = make_certificate(folder / "chatgpt.pem")
    async with (
        client_site(certificate) as back,
        client_site(port=documents_port) as published,
        Browser(site.url) as http,
        person(
            chromium, dict.fromkeys(chatgpt.HOSTS, urlsplit(back.address).port or 0), locale=locale, scripts=scripts
        ) as somebody,
    ):
        yield Walk(site, http, back, published, somebody)
        assert somebody.problems == [], somebody.problems
