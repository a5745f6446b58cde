"""The first step of a handler runs before anything is armed: that must not show in anything a handler does."""

import asyncio
import contextvars
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from plugwright.testing import Client
from tests.calls.tasks import within
from tests.web.plugins import new_plugin

WORD: contextvars.ContextVar[str] = contextvars.ContextVar("WORD", default="none")


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
