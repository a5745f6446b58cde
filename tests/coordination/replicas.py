"""Replicas of one plugin on one Valkey, all in this process: as many applications, each with its own first tier."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from functools import partial

from plugwright import Plugin
from plugwright.settings import Settings
from tests.calls.caching import CachingClient, Clock, soon


def settings_for(valkey_url: str) -> Settings:
    """Settings of a replica."""
    return Settings(public_url="http://127.0.0.1:8000", valkey_url=valkey_url, call_log=False)  # pyright: ignore[reportArgumentType] the model makes a secret of it


@contextlib.asynccontextmanager
async def replicas(
    plugin: Plugin, valkey_url: str, clock: Clock, *, count: int = 2, hears: bool = True
) -> AsyncGenerator[list[CachingClient]]:
    """Clients of so many replicas, which hear each other where there is a server."""
    async with contextlib.AsyncExitStack() as running:
        settings = settings_for(valkey_url)
        clients = [await running.enter_async_context(CachingClient(plugin, clock, settings)) for _ in range(count)]
        if hears:
            for client in clients:
                await soon(partial(_listens, client))
        yield clients


async def _listens(client: CachingClient) -> bool:
    return client.invalidations.is_listening
