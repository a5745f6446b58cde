"""A plugin for the real Prometheus: an operation that says which process it ran in."""

from __future__ import annotations

import os
from typing import Final

from tests.web.plugins import new_plugin

TARGET: Final = "tests.external.counting:plugin"

plugin = new_plugin(name="counting")


@plugin.operation(effect="read", open_world=False, path="/process")
async def process() -> int:
    """The number of this process."""
    return os.getpid()
