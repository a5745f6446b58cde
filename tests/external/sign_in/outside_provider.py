"""An OpenID provider of somebody else, at which a person presses one button to be who they are."""

from __future__ import annotations

import asyncio
import html
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlencode

from tests.auth.openid import Provider
from tests.upstream.servers import Server, reply, serving

NAME: Final = "Example Corp"
ISSUER: Final = "CORPORATE_ISSUER"
"""The environment variable that tells the plugin the issuer."""
PAGE: Final = (
    "<!doctype html><title>Example Corp</title><h1>Continue as Jane Doe?</h1><a id='continue' href='{}'>Continue</a>"
)


class OutsideProvider(Provider):
    """The provider, with the page that its authorization endpoint shows, in the present."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        # By name, and so another site than the plugin, which is at an address.
        self.issuer = f"http://localhost:{server.port}"
        self.visited = 0

    def answer(self, head: bytes, body: bytes) -> bytes:
        """Answer one request."""
        path = head.split(b" ")[1].decode()
        if path.startswith("/authorize?"):
            self.visited += 1
            return self._page(path)
        if path == "/favicon.ico":
            return reply(b"", media_type="image/x-icon")
        now = int(time.time())
        self.claims = {"iat": now, "exp": now + 300}
        return super().answer(head, body)

    def _page(self, path: str) -> bytes:
        given = self.sign_in(f"{self.issuer}{path}")
        redirect_uri = dict(self.codes[dict(given)["code"]])["redirect_uri"]
        link = html.escape(f"{redirect_uri}?{urlencode(given)}", quote=True)
        return reply(PAGE.format(link).encode(), media_type="text/html")


@asynccontextmanager
async def outside_provider() -> AsyncGenerator[OutsideProvider]:
    """Serve the provider until the block ends."""
    running: list[OutsideProvider] = []

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(running[0].answer(head, running[0].server.bodies[-1]))

    async with serving(answer) as server:
        running.append(OutsideProvider(server))
        yield running[0]
