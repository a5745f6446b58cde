"""What becomes of an idempotency key when its call fails, is refused, is left or is lost."""

import asyncio

import pytest

from plugwright import CannotAsk, Conflict, MissingScope, Unavailable, UpstreamUnavailable
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.calls.keyed import (
    NOW,
    REPLAYED,
    Till,
    client_of,
    code,
    new_key,
    open_till,
    pay,
    pay_until_answered,
    settings_for,
)
from tests.clocks import Clock


@pytest.mark.parametrize(
    "failure", [Conflict("Paid already."), UpstreamUnavailable("Away."), ValueError("x")], ids=repr
)
async def test_a_failure_is_kept_as_it_was(failure: Exception, database_url: str) -> None:
    till = open_till(failure=failure)
    async with Client(till.plugin(), settings_for(database_url)) as client:
        key = new_key()
        first, again = [await pay(client, key) for _ in range(2)]

    assert till.paid == [5]
    assert first.status >= 400
    assert (again.status, again.body, again.headers[REPLAYED]) == (first.status, first.body, "true")


async def test_a_deadline_that_passes_is_kept(sqlite_url: str) -> None:
    till = Till(options={"timeout": "0.2s"})
    async with Client(till.plugin(), settings_for(sqlite_url)) as client:
        key = new_key()
        first = await pay(client, key)
        again = await pay_until_answered(client, key)

    assert code(first) == (504, "call_timeout")
    assert (again.status, again.body) == (first.status, first.body)


async def test_where_a_repeat_is_harmless_a_failure_that_may_pass_is_not_kept(sqlite_url: str) -> None:
    till = open_till(failure=Unavailable("Not now."), options={"idempotent": True})
    async with Client(till.plugin(), settings_for(sqlite_url)) as client:
        key = new_key()
        assert (await pay(client, key)).status == 503
        till.failure = None
        assert (await pay(client, key)).status == 200
        assert (await pay(client, key)).headers[REPLAYED] == "true"

    assert till.paid == [5, 5]


@pytest.mark.parametrize("failure", [MissingScope("More.", scopes=["pay"]), CannotAsk("Whom?")], ids=repr)
async def test_a_handler_that_has_to_have_something_first_begins_anew(failure: Exception, sqlite_url: str) -> None:
    till = open_till(failure=failure)
    async with Client(till.plugin(), settings_for(sqlite_url)) as client:
        key = new_key()
        await pay(client, key)
        till.failure = None
        assert (await pay(client, key)).json()["number"] == 2


async def test_what_is_refused_before_it_runs_leaves_the_key_unused(sqlite_url: str) -> None:
    till = open_till(options={"limit": "2/minute"})
    async with Client(till.plugin(), settings_for(sqlite_url)) as client:
        key, headers = new_key(), {"content-type": "application/json"}
        headers["idempotency-key"] = key
        assert (await client.request("POST", "/pay", body=b'{"amount":"x"}', headers=headers)).status == 400
        assert (await pay(client, key)).status == 200
        assert (await pay(client, new_key())).status == 429

    assert till.paid == [5]


async def test_a_call_that_finds_no_place_leaves_the_key_unused(sqlite_url: str) -> None:
    till = Till(options={"concurrency": 1})
    settings = settings_for(sqlite_url, queue_time=0.05)
    async with Client(till.plugin(), settings) as client:
        running = asyncio.create_task(pay(client, new_key()))
        await till.started.wait()
        key = new_key()
        assert code(await pay(client, key)) == (503, "unavailable")
        till.gate.set()
        await running
        assert (await pay(client, key)).json()["number"] == 2


async def test_a_client_that_leaves_does_not_end_the_call_and_finds_its_answer(database_url: str) -> None:
    till = Till()
    async with Client(till.plugin(), settings_for(database_url)) as client:
        key = new_key()
        leaving = asyncio.create_task(pay(client, key, disconnect=till.started))
        await till.started.wait()
        assert code(await pay(client, key)) == (409, "idempotency_in_progress")
        till.gate.set()
        await leaving
        assert (await pay(client, key)).headers[REPLAYED] == "true"

    assert till.paid == [5]


async def test_a_request_that_is_cancelled_does_not_end_the_call(database_url: str) -> None:
    till = Till()
    async with Client(till.plugin(), settings_for(database_url)) as client:
        key = new_key()
        cancelled = asyncio.create_task(pay(client, key))
        await till.started.wait()
        cancelled.cancel()
        await asyncio.wait([cancelled])
        till.gate.set()
        reply = await pay_until_answered(client, key)

    assert (till.paid, reply.headers[REPLAYED]) == ([5], "true")


async def test_a_plugin_that_stops_waits_for_a_call_with_a_key(sqlite_url: str) -> None:
    till = Till()
    key = new_key()
    async with Client(till.plugin(), settings_for(sqlite_url)) as client:
        cancelled = asyncio.create_task(pay(client, key))
        await till.started.wait()
        cancelled.cancel()
        await asyncio.wait([cancelled])
        till.gate.set()
    async with Client(till.plugin(), settings_for(sqlite_url)) as client:
        assert (await pay(client, key)).headers[REPLAYED] == "true"

    assert till.paid == [5]


async def lost(till: Till, settings: Settings, clock: Clock) -> str:
    """The key of a call that was running when its server was no more."""
    key = new_key()
    client = client_of(till.plugin(), settings, clock)
    async with client:
        running = asyncio.create_task(pay(client, key))
        await till.started.wait()
        assert client.app.keyed is not None
        for task in client.app.keyed.running:
            task.cancel()
        await asyncio.wait([running])
    return key


async def test_a_call_whose_server_died_is_running_until_its_lease_ends_and_then_unknown(database_url: str) -> None:
    till, clock, settings = Till(), Clock(NOW), settings_for(database_url)
    key = await lost(till, settings, clock)
    till.gate.set()
    async with client_of(till.plugin(), settings, clock) as client:
        clock.pass_by(59)
        assert code(await pay(client, key)) == (409, "idempotency_in_progress")
        clock.pass_by(2)
        unknown = await pay(client, key)
        assert code(unknown) == (409, "idempotency_outcome_unknown")
        assert "retry-after" not in unknown.headers

    assert till.paid == []


async def test_where_a_repeat_is_harmless_a_lost_call_is_run_again(database_url: str) -> None:
    till, clock, settings = Till(options={"idempotent": True}), Clock(NOW), settings_for(database_url)
    key = await lost(till, settings, clock)
    till.gate.set()
    async with client_of(till.plugin(), settings, clock) as client:
        clock.pass_by(61)
        replies = await asyncio.gather(*(pay(client, key) for _ in range(5)))
        assert {reply.status for reply in replies} <= {200, 409}
        assert (await pay(client, key)).headers[REPLAYED] == "true"

    assert till.paid == [5]
