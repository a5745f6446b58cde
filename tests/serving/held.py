"""A plugin whose calls stay in progress until they are let go, for tests of how a process ends."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Final

from tests.operations.plugins import new_plugin

TARGET: Final = "tests.serving.held:plugin"

plugin = new_plugin()
let_go = asyncio.Event()
holding: set[int] = set()


@plugin.operation(effect="read", open_world=False, timeout="30s")
async def hold(number: int) -> int:
    """Answer once `release` was called."""
    holding.add(number)
    await let_go.wait()
    return number


@plugin.operation(effect="read", open_world=False)
async def held() -> int:
    """How many calls are held."""
    return len(holding)


@plugin.operation(effect="read", open_world=False)
async def release() -> None:
    """Let every held call answer."""
    let_go.set()


@plugin.operation(effect="read", open_world=False, timeout="30s")
def block() -> None:
    """Keep a thread busy for longer than anybody waits."""
    holding.add(-1)
    time.sleep(25)


@plugin.operation(effect="read", open_world=False)
async def whoami() -> int:
    """Say which process answers."""
    return os.getpid()
