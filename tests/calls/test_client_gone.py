"""Clients that leave, and servers that end: the handler is cancelled, and nobody is answered."""

import asyncio
import threading

import pytest

from plugwright import CallTimeout
from plugwright.testing import Client
from tests.calls.tasks import other_tasks
from tests.web.plugins import new_plugin


async def test_a_client_that_leaves_cancels_the_handler() -> None:
    plugin = new_plugin()
    left = asyncio.Event()
    outcome: list[str] = []

    @plugin.operation(effect="read", open_world=False, path="/wait")
    async def wait() -> None:
        """Wait for ever."""
        left.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            outcome.append("cancelled")
            raise

    async with Client(plugin) as client:
        reply = await client.request("GET", "/wait", disconnect=left)
        counted = client.app.counters.by_key

    assert reply.status == 0
    assert outcome == ["cancelled"]
    assert [key for key in counted if key[1:] == ("rest", "cancelled")] == [("wait", "rest", "cancelled")]
    assert not other_tasks()


@pytest.mark.parametrize("answers", [True, False])
async def test_a_client_that_has_left_gets_nothing_even_if_the_handler_goes_on(answers: bool) -> None:
    plugin = new_plugin()
    left = asyncio.Event()

    @plugin.operation(effect="read", open_world=False, path="/stubborn")
    async def stubborn() -> str:
        """Answer nobody."""
        left.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if not answers:
                raise
        return "nobody"

    async with Client(plugin) as client:
        assert (await client.request("GET", "/stubborn", disconnect=left)).status == 0


async def test_a_client_that_leaves_a_handler_in_a_thread_gets_nothing() -> None:
    plugin = new_plugin()
    left = asyncio.Event()
    release = threading.Event()
    loop = asyncio.get_running_loop()

    @plugin.operation(effect="read", open_world=False, path="/block")
    def block() -> None:
        """Block a thread."""
        loop.call_soon_threadsafe(left.set)
        release.wait(10)

    async with Client(plugin) as client:
        try:
            reply = await client.request("GET", "/block", disconnect=left)
        finally:
            release.set()

    assert reply.status == 0


async def test_a_client_that_had_left_before_still_gets_what_needs_no_waiting() -> None:
    plugin = new_plugin()
    gone = asyncio.Event()
    gone.set()

    @plugin.operation(effect="read", open_world=False, path="/quick")
    async def quick() -> str:
        """Answer at once."""
        return "quick"

    async with Client(plugin) as client:
        assert (await client.request("GET", "/quick", disconnect=gone)).status == 200


async def test_what_ends_a_call_from_outside_ends_its_handler() -> None:
    plugin = new_plugin()
    began = asyncio.Event()
    outcome: list[str] = []

    @plugin.operation(effect="read", open_world=False, path="/wait")
    async def wait() -> None:
        """Wait for ever."""
        began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            outcome.append("cancelled")
            raise

    async with Client(plugin) as client:
        request = asyncio.create_task(client.get("/wait"))
        await began.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        counted = dict(client.app.counters.by_key)

    assert request.cancelled()
    assert outcome == ["cancelled"]
    assert ("wait", "rest", "cancelled") in counted
    assert not other_tasks()


async def test_a_call_made_while_its_caller_is_cancelled_keeps_its_own_deadline() -> None:
    plugin = new_plugin()
    began = asyncio.Event()

    @plugin.operation(effect="read", open_world=False, timeout="10ms")
    async def hang() -> None:
        """Hang."""
        await asyncio.Event().wait()

    async def cleaning() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            with pytest.raises(CallTimeout):
                await plugin.invoke("hang", {})

    task = asyncio.create_task(cleaning())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
