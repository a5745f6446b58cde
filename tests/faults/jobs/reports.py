"""A plugin whose queued work notes in a file which process began it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from plugwright import Call
from tests.web.plugins import new_plugin

FILE_VARIABLE: Final = "REPORTS_FILE"
TARGET: Final = "tests.faults.jobs.reports:plugin"
TAKES: Final = 0.5  # seconds
plugin = new_plugin()


def begun_by(file: Path) -> Mapping[int, int]:
    """How many jobs each process has begun."""
    counts: dict[int, int] = {}
    for line in file.read_text().split():
        counts[int(line)] = counts.get(int(line), 0) + 1
    return counts


@plugin.operation(effect="read", open_world=False, background=True)
async def report(number: int, *, call: Call) -> int:
    """Write a report, which takes its time."""
    with Path(os.environ[FILE_VARIABLE]).open("a") as file:  # noqa: ASYNC230 a line, before anything else happens
        file.write(f"{os.getpid()}\n")
    call.progress(1, 2, "half")
    await asyncio.sleep(TAKES)  # the work
    return number
