"""Somebody who uses the `mcp` SDK's own OAuth client; only the browser is played."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from tests.external.sign_in.client_site import ClientSite, client_site
from tests.external.sign_in.http_browser import HttpPerson


@dataclass
class Storage:
    """Keeps what the SDK's client learns."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


@dataclass
class User:
    """Somebody with the SDK's client and a browser."""

    url: str
    own: ClientSite
    http: httpx2.AsyncClient
    provider: OAuthClientProvider
    person: HttpPerson
    seen: list[str] = field(default_factory=list[str])

    @asynccontextmanager
    async def connected(self, mode: str = "auto") -> AsyncGenerator[Client]:
        """The client, connected to the plugin."""
        transport = streamable_http_client(f"{self.url}/mcp", http_client=self.http)
        async with Client(transport, mode=mode) as client:
            yield client


@asynccontextmanager
async def user(url: str, storage: Storage, *, document_url: str | None = None, **metadata: Any) -> AsyncGenerator[User]:
    """A user of the plugin at a URL, whose client comes back to a page of its own."""
    async with client_site() as own:
        person = HttpPerson(url)

        async def come_back() -> AuthorizationCodeResult:
            return AuthorizationCodeResult.model_validate(await own.answer())

        provider = OAuthClientProvider(
            f"{url}/mcp",
            OAuthClientMetadata.model_validate({"client_name": "SDK", "redirect_uris": [own.callback], **metadata}),
            storage,
            redirect_handler=person.authorize,
            callback_handler=come_back,
            client_metadata_url=document_url,
        )
        async with httpx2.AsyncClient(auth=provider, timeout=30) as http:
            somebody = User(url, own, http, provider, person)

            async def see(response: httpx2.Response) -> None:
                request = response.request
                somebody.seen.append(f"{request.method} {request.url.path} {response.status_code}")

            http.event_hooks = {"response": [see]}
            yield somebody
