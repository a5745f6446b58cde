"""A reverse proxy that gives a plugin a path of a host, as operators with many services on one host do."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from tests.external.servers import HOST

WELL_KNOWN: Final = "/.well-known/"
HOP_BY_HOP: Final = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Proxy:
    """Takes the path away before it asks the plugin; what is well-known of the host goes there as it is."""

    upstream: str
    path: str
    session: aiohttp.ClientSession

    async def forward(self, request: web.Request) -> web.Response:
        """Answer one request with the plugin's answer."""
        if request.path.startswith(f"{self.path}/"):
            target = request.raw_path.removeprefix(self.path)
        elif request.path.startswith(WELL_KNOWN):
            target = request.raw_path
        else:
            return web.Response(status=404)
        body = await request.read()
        async with self.session.request(
            request.method, self.upstream + target, data=body, headers=request.headers, allow_redirects=False
        ) as reply:
            headers = [(name, value) for name, value in reply.headers.items() if name.lower() not in HOP_BY_HOP]
            return web.Response(status=reply.status, body=await reply.read(), headers=CIMultiDict(headers))


@asynccontextmanager
async def proxying(upstream: str, path: str, port: int) -> AsyncGenerator[None]:
    """Serve a path of a host until the block ends."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", Proxy(upstream, path, session).forward)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, port).start()
            yield
        finally:
            await runner.cleanup()
