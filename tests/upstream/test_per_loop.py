"""One value per event loop, closed with it."""

import asyncio

import pytest
from aiohttp import web

from plugwright import Upstream
from plugwright.upstream.per_loop import PerLoop
from tests.upstream.services import echo, service


class Counted:
    def __init__(self, closed: list[object]) -> None:
        self._closed = closed

    async def close(self) -> None:
        await asyncio.sleep(0)
        self._closed.append(self)


def test_each_loop_has_a_value_of_its_own_which_ends_with_the_loop() -> None:
    closed: list[object] = []
    kept = PerLoop(lambda: Counted(closed), Counted.close)

    async def use() -> Counted:
        first, second = await asyncio.gather(kept.get(), kept.get())
        assert first is second is await kept.get()
        assert (kept.values(), closed[:-1]) == ([first], closed[:-1])
        return first

    values = [asyncio.run(use()), asyncio.run(use())]

    assert values[0] is not values[1]
    assert closed == values
    assert kept.values() == []


async def test_a_value_that_was_closed_is_followed_by_another() -> None:
    closed: list[object] = []
    kept = PerLoop(lambda: Counted(closed), Counted.close)
    await kept.aclose()

    first = await kept.get()
    await kept.aclose()
    second = await kept.get()
    await kept.aclose()

    assert closed == [first, second]
    assert first is not second


def test_an_upstream_at_module_level_serves_one_loop_after_the_other() -> None:
    upstreams: list[Upstream] = []

    async def use() -> None:
        async with service(echo) as served:
            upstream = Upstream(served.url)
            upstreams.append(upstream)
            for _ in range(3):
                await upstream.request("GET", "/")
            assert len(served.connections) == 1
            assert len(upstream.links()) == 1

    asyncio.run(use())
    asyncio.run(use())

    assert [upstream.links() for upstream in upstreams] == [[], []]


async def test_closing_an_upstream_closes_its_connections() -> None:
    left = asyncio.Event()

    async def watch(request: web.Request) -> web.Response:
        response = await echo(request)
        assert request.protocol.transport is not None
        asyncio.get_running_loop().create_task(_until_closed(request, left))
        return response

    async with service(watch) as served:
        async with Upstream(served.url) as upstream:
            await upstream.request("GET", "/")
            assert not left.is_set()
        await asyncio.wait_for(left.wait(), 5)


async def _until_closed(request: web.Request, left: asyncio.Event) -> None:
    while request.protocol.transport is not None:  # noqa: ASYNC110 - aiohttp has no event for it
        await asyncio.sleep(0.001)
    left.set()


@pytest.mark.parametrize("used", [True, False])
async def test_an_upstream_may_be_closed_twice(used: bool) -> None:
    async with service(echo) as served:
        upstream = Upstream(served.url)
        if used:
            await upstream.request("GET", "/")
        await upstream.aclose()
        await upstream.aclose()
