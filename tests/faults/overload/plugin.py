"""A plugin whose operation waits for something, as one that asks a database does."""

import asyncio
from typing import Final

from plugwright import Plugin
from tests.web.plugins import new_plugin

WAITS_SECONDS: Final = 0.04

plugin: Plugin = new_plugin()


@plugin.operation(effect="read", open_world=False)
async def look_up(number: int) -> int:
    """Look something up."""
    await asyncio.sleep(WAITS_SECONDS)
    return number
