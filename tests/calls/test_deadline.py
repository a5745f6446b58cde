"""Handlers that take too long, or whose client leaves: both are cancelled, and the call is recorded."""

import asyncio
import contextlib
import threading
import time

from plugwright import Call, NotFound
from plugwright.testing import Client
from tests.calls.tasks import other_tasks
from tests.web.plugins import new_plugin


async def test_a_handler_that_hangs_is_504_at_its_deadline_and_cancelled() -> None:
    plugin = new_plugin()
    cancelled = asyncio.Event()

    @plugin.operation(effect="read", open_world=False, path="/hang", timeout="10ms")
    async def hang() -> None:
        """Hang."""
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with Client(plugin) as client:
        reply = await client.get("/hang")

    assert reply.status == 504
    assert reply.json()["code"] == "call_timeout"
    assert "0.01 s" in reply.json()["error"]
    assert reply.headers["x-request-id"] == reply.json()["request_id"]
    assert cancelled.is_set()
    assert not other_tasks()


async def test_the_deadline_counts_over_all_that_a_handler_waits_for() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/steps", timeout="20ms")
    async def steps() -> None:
        """Take many short steps."""
        while True:  # noqa: ASYNC110 many short waits are the point
            await asyncio.sleep(0)

    async with Client(plugin) as client:
        assert (await client.get("/steps")).status == 504


async def test_a_handler_that_swallows_the_cancellation_and_answers_is_still_late() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/late", timeout="10ms")
    async def late() -> str:
        """Answer too late."""
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return "late"

    async with Client(plugin) as client:
        reply = await client.get("/late")
        again = await client.get("/late")

    assert (reply.status, again.status) == (504, 504)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_handler_may_clean_up_when_its_deadline_has_passed() -> None:
    plugin = new_plugin()
    steps: list[str] = []

    @plugin.operation(effect="read", open_world=False, path="/clean", timeout="10ms")
    async def clean() -> None:
        """Clean up."""
        try:
            await asyncio.Event().wait()
        finally:
            steps.append("begun")
            await asyncio.sleep(0)
            steps.append("done")

    async with Client(plugin) as client:
        assert (await client.get("/clean")).status == 504
    assert steps == ["begun", "done"]


async def test_a_handler_in_a_thread_is_504_at_its_deadline() -> None:
    plugin = new_plugin()
    release = threading.Event()
    ended = threading.Event()

    @plugin.operation(effect="read", open_world=False, path="/block", timeout="10ms")
    def block() -> None:
        """Block a thread."""
        release.wait(10)
        ended.set()

    async with Client(plugin) as client:
        try:
            reply = await client.get("/block")
        finally:
            release.set()

    assert reply.status == 504
    assert ended.wait(10)


async def test_threads_do_not_wait_for_each_other() -> None:
    plugin = new_plugin()
    both = threading.Barrier(2, timeout=10)

    @plugin.operation(effect="read", open_world=False, path="/meet")
    def meet() -> str:
        """Meet another call."""
        both.wait()
        return threading.current_thread().name

    async with Client(plugin) as client:
        replies = await asyncio.gather(client.get("/meet"), client.get("/meet"))

    names = {reply.json() for reply in replies}
    assert len(names) == 2
    assert threading.current_thread().name not in names


async def test_a_handler_knows_how_long_it_has() -> None:
    plugin = new_plugin()
    seen: list[float] = []

    @plugin.operation(effect="read", open_world=False, path="/look", timeout="2m")
    async def look(*, call: Call) -> None:
        """Look at the clock."""
        seen.extend([call.remaining, call.deadline - time.monotonic()])

    async with Client(plugin) as client:
        await client.get("/look")

    assert all(119 < left <= 120 for left in seen)


async def test_an_error_of_the_handler_is_not_mistaken_for_its_deadline() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/own", timeout="10s")
    async def own() -> None:
        """Fail after a while."""
        await asyncio.sleep(0)
        raise NotFound("Not here")

    @plugin.operation(effect="read", open_world=False, path="/inner", timeout="10s")
    async def inner() -> str:
        """Have an own, shorter deadline."""
        try:
            async with asyncio.timeout(0.001):
                await asyncio.Event().wait()
        except TimeoutError:
            return "inner"
        return "none"

    async with Client(plugin) as client:
        assert (await client.get("/own")).status == 404
        assert (await client.get("/inner")).json() == "inner"


async def test_an_inner_deadline_that_is_later_does_not_hide_the_outer_one() -> None:
    plugin = new_plugin()
    seen: list[str] = []

    @plugin.operation(effect="read", open_world=False, path="/outer", timeout="10ms")
    async def outer() -> None:
        """Have a longer deadline inside."""
        try:
            async with asyncio.timeout(60):
                await asyncio.Event().wait()
        except TimeoutError:
            seen.append("inner")

    async with Client(plugin) as client:
        assert (await client.get("/outer")).status == 504
    assert not seen


async def test_a_handler_that_fails_while_it_is_cancelled_is_504() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/fail", timeout="10ms")
    async def fail() -> None:
        """Fail to clean up."""
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            raise ValueError("cleanup")

    async with Client(plugin) as client:
        assert (await client.get("/fail")).status == 504
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_handler_that_swallows_its_cancellation_and_waits_on_is_504_in_the_end() -> None:
    plugin = new_plugin()
    swallowed: list[int] = []

    @plugin.operation(effect="read", open_world=False, path="/deaf", timeout="10ms")
    async def deaf() -> None:
        """Hear one cancellation only."""
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed.append(1)
        await asyncio.Event().wait()

    async with Client(plugin) as client, asyncio.timeout(30):
        assert (await client.get("/deaf")).status == 504
    assert swallowed == [1]


async def test_a_deadline_holds_after_a_task_group_has_failed() -> None:
    plugin = new_plugin()

    async def fail() -> None:
        raise ValueError

    @plugin.operation(effect="read", open_world=False, path="/fallback", timeout="10ms")
    async def fallback() -> None:
        """Fall back to something that hangs."""
        with contextlib.suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
        await asyncio.Event().wait()

    async with Client(plugin) as client:
        assert (await client.get("/fallback")).status == 504
