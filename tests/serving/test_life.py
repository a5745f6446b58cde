"""How a server process starts anew and ends: nothing that came in is lost, and nothing waits for ever."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from contextlib import AsyncExitStack
from typing import Any

from tests.serving.processes import Serving, Wire, connected, get, is_refused, poll, serve

CALLS = 50


async def until_held(serving: Serving, count: int) -> None:
    """Wait until so many calls are in progress."""

    async def are_held() -> bool:
        return (await get(serving.server, "/held"))[2] == count

    await poll(are_held)


async def hold(serving: Serving, stack: AsyncExitStack, count: int) -> list[Wire]:
    """So many calls in progress, each over its own connection."""
    wires = [await stack.enter_async_context(connected(serving.server)) for _ in range(count)]
    for number, wire in enumerate(wires):
        wire.ask(f"/hold?number={number}")
    await until_held(serving, count)
    return wires


async def status_of_readiness(serving: Serving) -> Any:
    """What a probe over a connection of its own is told."""
    status, _, content = await get(serving.server, "/readyz")
    return status, content["status"]


async def test_sigterm_says_not_ready_first_then_answers_all_that_came_in_and_ends_with_code_0():
    with serve(drain_delay="1") as serving:
        async with AsyncExitStack() as stack:
            calls = await hold(serving, stack, CALLS)
            unread = await stack.enter_async_context(connected(serving.server))
            idle = await stack.enter_async_context(connected(serving.server))
            assert (await idle.get("/held"))[1].get("connection") is None

            serving.process.send_signal(signal.SIGTERM)

            async def is_draining() -> bool:
                return await status_of_readiness(serving) == (503, "draining")

            await poll(is_draining)
            assert (await get(serving.server, "/livez"))[0] == 200
            assert (await get(serving.server, "/held"))[2] == CALLS
            await poll(lambda: is_refused(serving.server))
            # It takes nobody in any more, and still answers who was in before.
            status, headers, content = await unread.get("/held")
            assert (status, headers["connection"], content) == (200, "close", CALLS)
            assert (await idle.get("/release"))[1]["connection"] == "close"
            replies = [await call.reply() for call in calls]

        assert [(status, number) for status, _, number in replies] == [(200, number) for number in range(CALLS)]
        assert {headers["connection"] for _, headers, _ in replies} == {"close"}
        assert await serving.ended() == 0


async def test_what_does_not_end_in_time_gets_503_and_not_even_a_thread_keeps_the_process():
    with serve(drain_timeout="0.2") as serving:
        async with AsyncExitStack() as stack:
            [call] = await hold(serving, stack, 1)
            blocking = await stack.enter_async_context(connected(serving.server))
            blocking.ask("/block")
            await until_held(serving, 2)
            began = time.monotonic()
            serving.process.send_signal(signal.SIGTERM)

            for wire in (call, blocking):
                status, headers, content = await wire.reply()
                assert (status, headers["retry-after"], content["code"]) == (503, "1", "unavailable")
                assert await wire.is_closed_by_server()
        assert await serving.ended() == 0
        assert time.monotonic() - began < 6


async def test_a_second_signal_ends_at_once():
    with serve() as serving:
        async with AsyncExitStack() as stack:
            [call] = await hold(serving, stack, 1)
            serving.process.send_signal(signal.SIGTERM)
            await poll(lambda: is_refused(serving.server))
            serving.process.send_signal(signal.SIGTERM)
            assert await serving.ended() == 128 + signal.SIGTERM
            with contextlib.suppress(ConnectionResetError):
                assert await call.is_closed_by_server()


async def test_sighup_replaces_a_worker_without_a_gap_and_a_dead_one_is_started_anew():
    with serve("--workers", "1") as serving:
        async with AsyncExitStack() as stack:
            unread = await stack.enter_async_context(connected(serving.server))
            idle = await stack.enter_async_context(connected(serving.server))
            _, _, first = await idle.get("/whoami")
            [call] = await hold(serving, stack, 1)

            serving.process.send_signal(signal.SIGHUP)

            async def is_retiring() -> bool:
                # Meanwhile nobody who connects fails.
                assert (await get(serving.server, "/whoami"))[0] == 200
                return (await idle.get("/whoami"))[1].get("connection") == "close"

            await poll(is_retiring)
            assert (await get(serving.server, "/whoami"))[2] != first
            assert (await get(serving.server, "/readyz"))[0] == 200
            # The first worker had accepted this connection, and is still there for it.
            assert (await unread.get("/release"))[0] == 204
            assert (await call.reply())[0] == 200

        _, _, second = await get(serving.server, "/whoami")
        os.kill(second, signal.SIGKILL)
        # Who comes meanwhile waits for the next worker.
        status, _, third = await get(serving.server, "/whoami")
        assert status == 200
        assert third not in {first, second}
        serving.process.send_signal(signal.SIGTERM)
        assert await serving.ended() == 0


async def test_workers_end_in_their_orderly_way_when_their_supervisor_is_killed():
    with serve("--workers", "1") as serving:
        async with AsyncExitStack() as stack:
            [call] = await hold(serving, stack, 1)
            unread = await stack.enter_async_context(connected(serving.server))
            serving.process.kill()
            await poll(lambda: is_refused(serving.server))
            assert (await unread.get("/release"))[0] == 204
            assert (await call.reply())[0] == 200
