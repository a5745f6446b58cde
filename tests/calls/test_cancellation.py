"""Deadlines and cancellations inside each other, and what they reach."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest

from plugwright.web.deadline import ClientGone, DeadlinePassed
from tests.calls.tasks import FAR, cancelling, within


async def test_a_task_group_collects_and_cancels_its_children() -> None:
    ended: list[str] = []

    async def child(name: str) -> str:
        try:
            await asyncio.sleep(0 if name == "quick" else FAR)
        finally:
            ended.append(name)
        return name

    async def fail() -> None:
        await asyncio.sleep(0)
        raise LookupError("child")

    async def good() -> str:
        async with asyncio.TaskGroup() as group:
            quick = group.create_task(child("quick"))
        return quick.result()

    async def bad() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(child("slow"))
            group.create_task(fail())

    assert await within(good()) == "quick"
    with pytest.raises(ExceptionGroup) as caught:
        await within(bad())
    assert caught.group_contains(LookupError)
    assert ended == ["quick", "slow"]


async def test_the_deadline_reaches_the_children_of_a_task_group() -> None:
    ended: list[str] = []

    async def child() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("child")

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(child())
            group.create_task(child())

    with pytest.raises(DeadlinePassed):
        await within(work(), seconds=0.01)
    assert ended == ["child", "child"]
    assert cancelling() == 0


async def test_the_deadline_ends_gather_wait_for_shield_locks_and_queues() -> None:
    protected = asyncio.create_task(asyncio.sleep(FAR))
    lock = asyncio.Lock()
    await lock.acquire()

    async def locked() -> None:
        async with lock:
            pass

    waits: list[Callable[[], Awaitable[Any]]] = [
        lambda: asyncio.gather(asyncio.sleep(FAR), asyncio.sleep(FAR)),
        lambda: asyncio.wait_for(asyncio.sleep(FAR), FAR),
        lambda: asyncio.shield(protected),
        lambda: asyncio.wait({protected}),
        lambda: asyncio.Queue[int]().get(),
        lambda: asyncio.Semaphore(0).acquire(),
        locked,
    ]

    async def work(wait: Callable[[], Awaitable[Any]]) -> None:
        await wait()

    for wait in waits:
        with pytest.raises(DeadlinePassed):
            await within(work(wait), seconds=0.002)
    assert not protected.done()
    protected.cancel()
    assert cancelling() == 0


@pytest.mark.parametrize("seconds", [0.0, -5.0])
async def test_a_deadline_that_has_passed_spares_what_need_not_wait(seconds: float) -> None:
    async def quick() -> str:
        return "quick"

    async def slow() -> None:
        await asyncio.Event().wait()

    assert await within(quick(), seconds=seconds) == "quick"
    with pytest.raises(DeadlinePassed):
        await within(slow(), seconds=seconds)


async def test_deadlines_may_lie_inside_each_other() -> None:
    async def slow() -> None:
        await asyncio.Event().wait()

    async def inner() -> str:
        try:
            await within(slow(), seconds=0.001)
        except DeadlinePassed:
            return "inner"
        return "none"

    async def outer() -> None:
        await within(slow())

    assert await within(inner()) == "inner"
    with pytest.raises(DeadlinePassed):
        await within(outer(), seconds=0.001)
    assert cancelling() == 0


async def test_a_timeout_around_the_call_stays_the_callers() -> None:
    async def slow() -> None:
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await within(slow())
    assert cancelling() == 0


async def test_a_cancellation_from_outside_stays_a_cancellation() -> None:
    began = asyncio.Event()

    async def slow() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)

    task = asyncio.create_task(within(slow()))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def test_a_cancellation_before_the_first_step_never_starts_the_handler() -> None:
    started: list[int] = []

    async def work() -> None:
        started.append(1)

    async def call() -> None:
        await within(work())

    task = asyncio.create_task(call())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not started


async def test_a_handler_that_cancels_itself_at_its_first_step_is_cancelled_at_its_first_wait() -> None:
    steps: list[str] = []

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        steps.append("goes on")
        await asyncio.sleep(0)
        steps.append("never")

    task = asyncio.create_task(within(work()))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert steps == ["goes on"]


async def test_a_client_that_leaves_is_told_from_a_deadline() -> None:
    async def at_once() -> None:
        return

    async def slow() -> None:
        await asyncio.Event().wait()

    with pytest.raises(ClientGone):
        await within(slow(), gone=at_once)
    assert cancelling() == 0


async def test_nobody_watches_the_client_of_a_handler_that_never_waits() -> None:
    asked: list[int] = []

    async def gone() -> None:
        asked.append(1)

    async def quick() -> str:
        return "quick"

    assert await within(quick(), gone=gone) == "quick"
    await asyncio.sleep(0)
    assert not asked


async def test_nothing_is_left_behind_when_a_handler_has_answered() -> None:
    async def gone() -> None:
        await asyncio.Event().wait()

    async def work() -> None:
        await asyncio.sleep(0)

    await within(work(), gone=gone)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_generator_inside_a_handler_is_closed() -> None:
    closed: list[str] = []

    async def numbers() -> AsyncGenerator[int]:
        try:
            while True:
                await asyncio.sleep(0)
                yield 1
        finally:
            closed.append("closed")

    async def work() -> None:
        async with aclosing(numbers()) as stream:
            async for _ in stream:
                pass

    with pytest.raises(DeadlinePassed):
        await within(work(), seconds=0.005)
    assert closed == ["closed"]


async def test_the_loop_closing_ends_a_handler_in_the_middle() -> None:
    closed: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            closed.append("closed")

    call = within(work())
    call.send(None)
    call.close()
    assert closed == ["closed"]
