"""Looking at asyncio's tasks, and running work under a deadline."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from plugwright.web.deadline import run_within

FAR: Final = 60.0
"""Seconds that no test lasts."""


def other_tasks() -> set["asyncio.Task[Any]"]:
    """The tasks that run besides the test's own and are not ending."""
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task() and not task.cancelling()}


def cancelling() -> int:
    """How many cancellations of the current task are open."""
    task = asyncio.current_task()
    assert task is not None
    return task.cancelling()


async def within(work: Any, *, seconds: float = FAR, gone: Callable[[], Awaitable[None]] | None = None) -> Any:
    """Run a coroutine with so many seconds left."""
    return await run_within(work, time.monotonic() + seconds, gone)
