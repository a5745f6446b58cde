"""A plugin that writes reports in the background, each as its test wants it, and clients of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from plugwright import Call, Plugin
from plugwright.jobs.system import JobSystem
from plugwright.settings import Settings
from plugwright.testing import Client, Reply
from tests.web.plugins import new_plugin

URL: Final = "http://127.0.0.1:8000"
SOON: Final = 20  # seconds that nothing here takes
Work = Callable[[Call], Awaitable[str]]


@dataclass
class Desk:
    """Where reports are written. ``work`` is what writing one does; ``written`` are the topics that were begun."""

    work: Work
    written: list[str] = field(default_factory=list[str])
    begun: asyncio.Event = field(default_factory=asyncio.Event)


async def at_once(call: Call) -> str:
    """Writes a report without waiting."""
    return "written"


async def for_ever(call: Call) -> str:
    """Never comes to an end by itself."""
    await asyncio.Event().wait()
    return "never"


def reporting(work: Work = at_once, **options: Any) -> tuple[Plugin, Desk]:
    """The plugin, whose reports are written by a function of the call."""
    plugin, desk = new_plugin(), Desk(work)

    @plugin.operation(effect="read", open_world=False, background=True, **options)
    async def report(topic: str, *, call: Call) -> str:
        """Write a report."""
        desk.written.append(topic)
        desk.begun.set()
        return await desk.work(call)

    return plugin, desk


def settings(database_url: str, **given: Any) -> Settings:
    """Settings of a process with this database."""
    usual: dict[str, Any] = {"public_url": URL, "database_url": database_url, "call_log": False}
    return Settings(**(usual | given))


def system(client: Client) -> JobSystem:
    """The jobs of a client's application."""
    assert client.app.jobs is not None
    return client.app.jobs


async def order(client: Client, topic: str = "rain", **headers: str) -> str:
    """The id of a new job."""
    reply = await client.post("/report", json={"topic": topic}, headers=headers)
    assert reply.status == 202, reply.text
    return reply.json()["id"]


async def job(client: Client, name: str, *, wait: float = 0) -> Any:
    """A job as its caller sees it."""
    reply = await client.get(f"/jobs/{name}?wait={wait:g}")
    assert reply.status == 200, reply.text
    return reply.json()


async def ended(client: Client, name: str) -> Any:
    """A job that has ended."""
    told = await job(client, name, wait=SOON)
    assert told["state"] not in {"queued", "running"}, told
    return told


async def cancel(client: Client, name: str) -> Reply:
    """Cancel a job."""
    return await client.post(f"/jobs/{name}/cancel", json={})


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Return as soon as something is so."""
    async with asyncio.timeout(SOON):
        while True:
            if await is_so():
                return
            await asyncio.sleep(0.02)
