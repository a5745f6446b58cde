"""Admission: how many calls are in progress at a time, who queues, and who is refused at once."""

import asyncio
import time
from collections.abc import Callable

import pytest

from plugwright import Cache, Plugin, SetupError
from plugwright.calls.admission import Admission, Entrance, Places
from plugwright.errors import Unavailable
from plugwright.settings import Settings
from plugwright.testing import Client, Reply
from tests.clocks import Clock
from tests.web.plugins import new_plugin

PATIENT = Settings(max_concurrent_calls=2, queue_time=30)
HASTY = Settings(max_concurrent_calls=2, queue_time=0.02)


class Office:
    """A plugin whose one operation waits until the test opens the door."""

    def __init__(self, **options: object) -> None:
        self.door = asyncio.Event()
        self.inside = 0
        self.most = 0
        self.plugin = new_plugin()

        async def visit() -> str:
            """Visit."""
            self.inside += 1
            self.most = max(self.most, self.inside)
            await self.door.wait()
            self.inside -= 1
            return "seen"

        operation: Callable[..., Plugin] = self.plugin.operation  # pyright: ignore[reportAssignmentType] any options
        operation(effect="read", open_world=False, **options)(visit)  # pyright: ignore[reportCallIssue] as above

    async def visitors(self, client: Client, count: int, inside: int) -> list["asyncio.Task[Reply]"]:
        """So many calls that have begun, of which so many are inside."""
        tasks = [asyncio.create_task(client.get("/visit")) for _ in range(count)]
        await until(lambda: self.inside == inside)
        return tasks


async def until(holds: Callable[[], bool]) -> None:
    """Let others run until something holds, within bounds."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 there is no event for what is looked at
            await asyncio.sleep(0)


def places(client: Client) -> Places:
    return client.app.runtime.admission.places


async def seen_once(office: Office, client: Client) -> None:
    """Let one call through, so that the operation is known to wait."""
    office.door.set()
    assert (await client.get("/visit")).status == 200
    office.door.clear()


async def test_so_many_calls_are_in_progress_and_the_others_follow_in_turn():
    office = Office()
    async with Client(office.plugin, PATIENT) as client:
        await seen_once(office, client)
        tasks = await office.visitors(client, 6, inside=2)
        await until(lambda: places(client).queued == 4)
        office.door.set()
        replies = await asyncio.gather(*tasks)
        assert [reply.status for reply in replies] == [200] * 6
        assert office.most == 2
        assert (places(client).running, places(client).queued, places(client).is_full) == (0, 0, False)


async def test_who_queued_too_long_is_503_with_a_pause():
    office = Office()
    async with Client(office.plugin, HASTY) as client:
        await seen_once(office, client)
        tasks = await office.visitors(client, 2, inside=2)
        refused = await client.get("/visit")
        office.door.set()
        await asyncio.gather(*tasks)
        assert places(client).running == 0
    assert (refused.status, refused.json()["code"]) == (503, "unavailable")
    assert 1 <= int(refused.headers["retry-after"]) <= 3
    assert refused.json()["retry_after"] == int(refused.headers["retry-after"])


async def test_a_full_process_refuses_in_a_moment_and_before_it_reads_the_input():
    office = Office()
    async with Client(office.plugin, PATIENT) as client:
        await seen_once(office, client)
        tasks = await office.visitors(client, 2, inside=2)
        places(client)._held = 1000.0  # pyright: ignore[reportPrivateUsage] as after many long calls
        began = time.perf_counter()
        refusals = [await client.get("/visit?unknown=1") for _ in range(100)]
        took = time.perf_counter() - began
        office.door.set()
        await asyncio.gather(*tasks)
    assert {refused.status for refused in refusals} == {503}
    assert took / 100 < 0.010


async def test_what_could_not_be_done_before_its_deadline_is_refused_at_once():
    clock = Clock()
    entrance = Admission(1, 60.0, clock).entrance("call", None, waits=True)
    entrance.enter()
    began = clock.time
    clock.pass_by(10)
    entrance.leave(began)
    entrance.enter()
    with pytest.raises(Unavailable):
        await asyncio.wait_for(entrance.run(never, clock.time + 0.5), 5)
    assert entrance.everyone.queued == 0


async def never() -> None:
    raise AssertionError("it has no place")


async def test_the_queue_is_bounded():
    room = Places(1, 60.0)
    room.enter()
    waiting = [asyncio.create_task(room.take(time.monotonic() + 60)) for _ in range(10)]
    await until(lambda: room.queued == 10)
    with pytest.raises(Unavailable):
        await room.take(time.monotonic() + 60)
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    assert room.queued == 0
    room.release()
    assert (room.running, room.is_full) == (0, False)


async def test_a_burst_may_queue_and_a_queue_that_stands_may_not_grow():
    clock = Clock()
    places = Places(10, 1.0, clock)

    async def take() -> bool:
        try:
            await places.take(clock.time + 30)
        except Unavailable:
            return False
        return True

    async def come(count: int) -> tuple[int, list[asyncio.Task[bool]]]:
        tasks = [asyncio.create_task(take()) for _ in range(count)]
        for _ in range(3):
            await asyncio.sleep(0)
        return sum(task.done() and not task.result() for task in tasks), tasks

    async def serve(count: int) -> None:
        for _ in range(count):
            places.leave(0.1)
        for _ in range(3):
            await asyncio.sleep(0)

    await come(10)
    await serve(10)
    for _ in range(60):  # by now it is known that a call takes 0.1 s
        await come(10)
        await serve(10)

    assert (await come(10))[0] == 0
    refused, burst = await come(90)
    assert (refused, places.queued) == (0, 90)  # within the second that a call may wait
    clock.pass_by(0.2)
    await serve(80)
    assert places.queued == 10
    refused, _ = await come(20)
    assert (refused, places.queued) == (20, 10)  # 0.1 s would be more than a quarter of a call
    await serve(10)
    assert all(task.done() for task in burst)
    await serve(10)
    await come(10)
    assert (await come(9))[0] == 7  # it has emptied, but there was a refusal a moment ago
    await serve(2)
    clock.pass_by(1.1)
    refused, _ = await come(9)
    assert (refused, places.queued) == (0, 9)  # the next burst


async def test_a_place_whose_taker_leaves_at_that_moment_goes_to_the_next():
    room = Places(1, 60.0)
    room.enter()
    first, second = (asyncio.create_task(room.take(time.monotonic() + 60)) for _ in range(2))
    await until(lambda: room.queued == 2)
    room.release()
    first.cancel()
    await asyncio.wait([first])
    await asyncio.wait_for(second, 5)
    room.release()
    assert (room.running, room.is_full) == (0, False)


async def test_a_client_that_leaves_while_it_queues_takes_no_place():
    office = Office()
    async with Client(office.plugin, PATIENT) as client:
        await seen_once(office, client)
        tasks = await office.visitors(client, 2, inside=2)
        left = asyncio.Event()
        leaving = asyncio.create_task(client.request("GET", "/visit", disconnect=left))
        await until(lambda: places(client).queued == 1)
        left.set()
        assert (await leaving).status == 0
        assert places(client).queued == 0
        office.door.set()
        await asyncio.gather(*tasks)
        assert places(client).running == 0
    assert office.most == 2


async def test_calls_that_answer_at_once_never_queue():
    office = Office()

    @office.plugin.operation(effect="read", open_world=False)
    async def quick() -> str:
        """Answer at once."""
        return "quick"

    async with Client(office.plugin, PATIENT) as client:
        tasks = await office.visitors(client, 2, inside=2)
        assert places(client).is_full
        assert (await client.get("/quick")).status == 200
        office.door.set()
        await asyncio.gather(*tasks)


async def test_health_documents_and_lists_are_served_while_calls_are_refused():
    office = Office()
    async with Client(office.plugin, HASTY) as client:
        await seen_once(office, client)
        tasks = await office.visitors(client, 2, inside=2)
        for path in ("/livez", "/openapi.json", "/.well-known/ai-plugin.json"):
            assert (await client.get(path)).status == 200
        assert (await client.mcp("tools/list")).status == 200
        refused = await client.mcp("tools/call", {"name": "visit"})
        office.door.set()
        await asyncio.gather(*tasks)
    result = refused.json()["result"]
    assert result["isError"] is True
    assert '"code":"unavailable"' in result["content"][0]["text"]


async def test_an_operation_may_have_a_bound_of_its_own_and_others_do_not_queue_for_it():
    office = Office(concurrency=1)
    other = asyncio.Event()

    @office.plugin.operation(effect="read", open_world=False)
    async def wait() -> str:
        """Wait for a moment."""
        await other.wait()
        return "done"

    async with Client(office.plugin, Settings(max_concurrent_calls=3, queue_time=30)) as client:
        await seen_once(office, client)
        tasks = await office.visitors(client, 3, inside=1)
        other.set()
        assert (await client.get("/wait")).status == 200
        office.door.set()
        assert [reply.status for reply in await asyncio.gather(*tasks)] == [200] * 3
        assert places(client).running == 0
    assert office.most == 1


async def test_plain_functions_are_known_to_need_a_thread():
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    def work() -> str:
        """Work in a thread."""
        return "done"

    async with Client(plugin, PATIENT) as client:
        places(client).enter()
        places(client).enter()
        task = asyncio.create_task(client.get("/work"))
        await until(lambda: places(client).queued == 1)
        places(client).release()
        assert (await task).status == 200
        assert places(client).running == 1


async def test_all_who_wait_for_one_answer_to_be_cached_take_one_place():
    office = Office(cache=Cache(ttl="1m"))
    async with Client(office.plugin, PATIENT) as client:
        tasks = await office.visitors(client, 50, inside=1)
        assert (places(client).running, places(client).queued) == (1, 0)
        office.door.set()
        assert {reply.status for reply in await asyncio.gather(*tasks)} == {200}
        places(client).enter()
        places(client).enter()
        assert (await client.get("/visit")).status == 200  # kept


async def test_a_call_that_fails_or_is_late_gives_its_place_back():
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, timeout="10ms")
    async def hang(fail: bool) -> str:
        """Fail, or hang."""
        await asyncio.sleep(0)
        if fail:
            raise ValueError("no")
        await asyncio.Event().wait()
        return ""

    async with Client(plugin, PATIENT) as client:
        assert (await client.get("/hang?fail=true")).status == 500
        assert (await client.get("/hang?fail=false")).status == 504
        assert (places(client).running, places(client).is_full) == (0, False)


@pytest.mark.parametrize("concurrency", [0, -1, True, "2", 1.5])
def test_a_bound_that_is_no_number_of_calls_is_refused(concurrency: object):
    with pytest.raises(SetupError, match=r"^visit: concurrency"):
        Office(concurrency=concurrency)


def test_an_operation_without_a_bound_shares_the_places_of_the_process():
    admission = Admission(5)
    entrance: Entrance = admission.entrance("call", None, waits=False)
    assert entrance.own is entrance.everyone is admission.places
