"""A plugin whose operation is limited, for servers in processes of their own."""

from typing import Final

from plugwright import Plugin
from tests.web.plugins import new_plugin

LIMIT: Final = 60
WINDOW: Final = 6

plugin: Plugin = new_plugin()


@plugin.operation(effect="read", open_world=False, limit=f"{LIMIT}/{WINDOW}s")
async def get() -> str:
    """Get."""
    return "got"
