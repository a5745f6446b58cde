"""A plugin whose answers are kept, and whose origin the tests see and stop through files in a folder."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

from plugwright import Cache, UpstreamUnavailable
from tests.web.plugins import new_plugin

FOLDER_VARIABLE: Final = "NOTES_FOLDER"
TARGET: Final = "tests.faults.cache.notes:plugin"
TAKES: Final = 0.3  # seconds that the origin needs for an answer
TTL: Final = 2.0
plugin = new_plugin()


def reads_in(folder: Path) -> int:
    """How often the origin was read, by all processes."""
    file = folder / "reads"
    return file.stat().st_size if file.exists() else 0


def let_fail(folder: Path) -> None:
    """Make the origin fail from now on."""
    (folder / "fails").touch()


async def _read() -> None:
    folder = Path(os.environ[FOLDER_VARIABLE])
    with (folder / "reads").open("ab") as reads:
        reads.write(b".")
    await asyncio.sleep(TAKES)  # what the origin takes
    if (folder / "fails").exists():
        raise UpstreamUnavailable("The origin is closed")


@plugin.operation(effect="read", open_world=False, path="/slow", cache=Cache(ttl="2s", stale="60s", shared=True))
async def slow(name: str) -> str:
    """Read a note from a slow origin."""
    await _read()
    return name


@plugin.operation(effect="read", open_world=False, path="/quick", cache=Cache(ttl="1m", stale="1m", shared=True))
async def quick(name: str) -> str:
    """Read a note that is at hand."""
    return name
