"""The first step of a handler runs before anything is armed: that must not show in anything a handler does."""

import asyncio
import contextvars
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from plugwright.testing import Client
from plugwright.web.deadline import ClientGone, DeadlinePassed, run_within
from tests.web.plugins import new_plugin

FAR = 60.0
WORD: contextvars.ContextVar[str] = contextvars.ContextVar("WORD", default="none")


async def within(work: Any, *, seconds: float = FAR, gone: Callable[[], Awaitable[None]] | None = None) -> Any:
    """Run a coroutine with so many seconds left."""
    return await run_within(work, time.monotonic() + seconds, gone)


def cancelling() -> int:
    """How many cancellations of the current task are open."""
    task = asyncio.current_task()
    assert task is not None
    return task.cancelling()


@pytest.mark.parametrize("steps", [0, 1, 3])
async def test_a_result_comes_back_after_any_number_of_steps(steps: int) -> None:
    async def work() -> int:
        for _ in range(steps):
            await asyncio.sleep(0)
        return steps

    assert await within(work()) == steps


@pytest.mark.parametrize("steps", [0, 1, 3])
async def test_an_exception_keeps_its_kind_and_its_traceback(steps: int) -> None:
    async def work() -> None:
        for _ in range(steps):
            await asyncio.sleep(0)
        raise LookupError("here")

    with pytest.raises(LookupError, match="here") as caught:
        await within(work())
    assert caught.traceback[-1].name == "work"


@pytest.mark.parametrize("steps", [0, 1])
async def test_stop_iteration_in_a_handler_is_no_result(steps: int) -> None:
    async def work() -> None:
        for _ in range(steps):
            await asyncio.sleep(0)
        raise StopIteration("not a result")

    with pytest.raises(RuntimeError, match="StopIteration"):
        await within(work())


async def test_what_a_future_fails_with_arrives_where_it_is_awaited() -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(future.set_exception, ConnectionResetError("gone"))

    async def work() -> str:
        try:
            await future
        except ConnectionResetError as error:
            return f"caught {error}"
        return "nothing"

    assert await within(work()) == "caught gone"


async def test_a_handler_runs_in_one_task_from_its_first_step_to_its_last() -> None:
    outside = asyncio.current_task()
    tasks: list[Any] = []

    async def work() -> None:
        tasks.append(asyncio.current_task())
        await asyncio.sleep(0)
        tasks.append(asyncio.current_task())
        await asyncio.sleep(0.001)
        tasks.append(asyncio.current_task())

    await within(work())
    assert tasks == [outside] * 3


async def test_a_context_variable_keeps_its_value_over_steps_tasks_and_threads() -> None:
    async def read() -> str:
        await asyncio.sleep(0)
        return WORD.get()

    async def work() -> list[str]:
        WORD.set("first")
        first = await asyncio.create_task(read())
        token = WORD.set("second")
        second = await asyncio.to_thread(WORD.get)
        WORD.reset(token)
        return [first, second, WORD.get()]

    assert await within(work()) == ["first", "second", "first"]


async def test_a_context_variable_set_around_a_yield_is_reset_in_the_same_context() -> None:
    @asynccontextmanager
    async def scope() -> AsyncGenerator[None]:
        token = WORD.set("inside")
        try:
            await asyncio.sleep(0)
            yield
        finally:
            await asyncio.sleep(0)
            WORD.reset(token)

    async def work() -> tuple[str, str]:
        async with scope():
            await asyncio.sleep(0)
            inside = WORD.get()
        return inside, WORD.get()

    assert await within(work()) == ("inside", "none")


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
        lambda: asyncio.Condition(lock).wait_for(lambda: False),
        locked,
    ]

    async def work(wait: Callable[[], Awaitable[Any]]) -> None:
        await wait()

    for wait in waits[:6]:
        with pytest.raises(DeadlinePassed):
            await within(work(wait), seconds=0.002)
    with pytest.raises(DeadlinePassed):
        await within(work(waits[7]), seconds=0.002)
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


async def test_an_object_with_its_own_await_is_awaited_too() -> None:
    class Step:
        """Waits twice, then gives a value."""

        def __await__(self) -> Generator[Any, Any, int]:
            yield
            yield from asyncio.sleep(0).__await__()
            return 5

    async def work() -> int:
        return await Step()

    assert await within(work()) == 5


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


async def test_many_calls_wait_beside_each_other() -> None:
    plugin = new_plugin()
    everyone = asyncio.Barrier(50)

    @plugin.operation(effect="read", open_world=False, path="/meet")
    async def meet(number: int) -> int:
        """Meet the others."""
        await everyone.wait()
        return number

    async with Client(plugin) as client:
        replies = await asyncio.gather(*(client.get(f"/meet?number={number}") for number in range(50)))

    assert [reply.json() for reply in replies] == list(range(50))
    assert len({reply.headers["x-request-id"] for reply in replies}) == 50
