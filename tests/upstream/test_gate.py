"""The bound on requests in progress."""

import asyncio

import pytest

from plugwright.upstream.gate import Gate, GateFull


async def test_places_are_given_in_the_order_of_arrival() -> None:
    gate = Gate(1, 5.0)
    order: list[int] = []
    await gate.enter()

    async def pass_through(number: int) -> None:
        await gate.enter()
        order.append(number)
        gate.leave()

    tasks = [asyncio.create_task(pass_through(number)) for number in range(5)]
    await asyncio.sleep(0)
    assert (gate.running, gate.waiting, order) == (1, 5, [])
    gate.leave()
    await asyncio.gather(*tasks)

    assert (gate.running, gate.waiting, order) == (0, 0, [0, 1, 2, 3, 4])


async def test_beyond_ten_times_as_many_who_comes_is_refused_at_once() -> None:
    gate = Gate(2, 60.0)
    await gate.enter()
    await gate.enter()
    waiting = [asyncio.create_task(gate.enter()) for _ in range(20)]
    await asyncio.sleep(0)

    with pytest.raises(GateFull):
        await asyncio.wait_for(gate.enter(), 1)

    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert (gate.running, gate.waiting) == (2, 0)


async def test_who_waits_too_long_is_refused_and_takes_no_place() -> None:
    gate = Gate(1, 0.01)
    await gate.enter()

    with pytest.raises(GateFull):
        await gate.enter()

    gate.leave()
    await gate.enter()
    assert (gate.running, gate.waiting) == (1, 0)


async def test_who_gives_up_while_waiting_takes_no_place() -> None:
    gate = Gate(1, 5.0)
    await gate.enter()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(gate.enter(), 0.01)

    gate.leave()
    await asyncio.wait_for(gate.enter(), 1)
    assert gate.running == 1
