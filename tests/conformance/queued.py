"""Tools that run in the background, which the suite's scenarios on tasks call; it fixes their names."""

from __future__ import annotations

import asyncio

from plugwright import Conflict


async def greet(name: str) -> str:
    """Greet somebody at once."""
    return f"Hello, {name}!"


async def slow_compute(seconds: float, label: str = "") -> str:
    """Compute for some seconds."""
    await asyncio.sleep(seconds)
    return f"{label}: done in {seconds:g} s"


async def failing_job() -> str:
    """Fail after a second."""
    await asyncio.sleep(1)
    raise Conflict("This job always fails")


async def protocol_error_job() -> str:
    """Break down."""
    raise RuntimeError("broken")


TOOLS = (slow_compute, failing_job, protocol_error_job)
