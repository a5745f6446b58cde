"""Idempotency keys over REST: one run of a call, and its answer again for whoever repeats it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from plugwright.testing import Client, Reply
from tests.calls.keyed import (
    NOW,
    REPLAYED,
    Till,
    client_of,
    code,
    new_key,
    open_till,
    pay,
    settings_for,
)
from tests.clocks import Clock
from tests.web.plugins import new_plugin


async def test_a_repeat_is_not_run_and_gets_the_same_bytes(database_url: str) -> None:
    till = open_till()
    async with Client(till.plugin(), settings_for(database_url)) as client:
        key = new_key()
        first, second, third = [await pay(client, key) for _ in range(3)]

    assert till.paid == [5]
    assert (first.status, REPLAYED in first.headers) == (200, False)
    for repeat in (second, third):
        assert (repeat.status, repeat.body) == (first.status, first.body)
        assert repeat.headers == {**first.headers, REPLAYED: "true"}


async def test_calls_without_a_key_or_with_others_are_run_each() -> None:
    till = open_till()
    async with Client(till.plugin()) as client:
        for _ in range(2):
            await pay(client, None)

    assert till.paid == [5, 5]


async def test_other_keys_are_other_calls(database_url: str) -> None:
    till = open_till()
    async with Client(till.plugin(), settings_for(database_url)) as client:
        replies = [await pay(client, new_key()) for _ in range(3)]

    assert [reply.json()["number"] for reply in replies] == [1, 2, 3]


async def test_of_fifty_parallel_calls_with_one_key_one_is_run(database_url: str) -> None:
    till = Till()
    async with Client(till.plugin(), settings_for(database_url)) as client:
        key = new_key()
        calls = [asyncio.create_task(pay(client, key)) for _ in range(50)]
        waiting: set[asyncio.Task[Reply]] = set(calls)
        while len(waiting) > 1:
            _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        till.gate.set()
        await asyncio.wait(calls)
        again = await pay(client, key)

    assert till.paid == [5]
    answered = [call.result() for call in calls if call.result().status == 200]
    refused = [call.result() for call in calls if call.result().status != 200]
    assert len(answered) == 1
    assert {code(reply) for reply in refused} == {(409, "idempotency_in_progress")}
    assert all(reply.headers["retry-after"] == "2" for reply in refused)
    assert again.body == answered[0].body


async def test_two_replicas_run_a_call_once_between_them(database_url: str) -> None:
    tills = [open_till(), open_till()]
    settings = settings_for(database_url)
    async with Client(tills[0].plugin(), settings) as one, Client(tills[1].plugin(), settings) as other:
        key = new_key()
        replies = await asyncio.gather(*(pay(client, key) for client in (one, other) * 10))
        again = [await pay(client, key) for client in (one, other)]

    assert [*tills[0].paid, *tills[1].paid] == [5]
    assert {reply.status for reply in replies} <= {200, 409}
    assert {reply.body for reply in again} == {reply.body for reply in replies if reply.status == 200}


async def test_the_same_key_with_another_input_is_refused(database_url: str) -> None:
    till = open_till()
    async with Client(till.plugin(), settings_for(database_url)) as client:
        key = new_key()
        await pay(client, key, 5)
        assert code(await pay(client, key, 6)) == (422, "idempotency_mismatch")

    assert till.paid == [5]


async def test_spaces_and_the_order_of_names_make_no_other_input(database_url: str) -> None:
    till = open_till()
    plugin = till.plugin()

    @plugin.operation(effect="write", open_world=False)
    async def send(to: str, amount: float) -> str:
        """Send something."""
        return f"{amount} to {to}"

    headers = {"idempotency-key": new_key(), "content-type": "application/json"}
    bodies = (b'{"to":"Ann","amount":1.50}', b'{ "amount": 1.50,\n "to": "Ann" }')
    async with Client(plugin, settings_for(database_url)) as client:
        one, other = [await client.request("POST", "/send", body=body, headers=headers) for body in bodies]

    assert (one.body, other.headers[REPLAYED]) == (other.body, "true")


async def test_an_operation_that_takes_a_query_has_keys_too(database_url: str) -> None:
    plugin = open_till().plugin()
    removed: list[str] = []

    @plugin.operation(effect="destroy", open_world=False, path="/things/{name}")
    async def remove(name: str) -> None:
        """Remove a thing."""
        removed.append(name)

    headers = {"idempotency-key": new_key()}
    async with Client(plugin, settings_for(database_url)) as client:
        first, again = [await client.request("DELETE", "/things/a", headers=headers) for _ in range(2)]
        other = await client.request("DELETE", "/things/b", headers=headers)

    assert removed == ["a"]
    assert (first.status, again.status, again.headers[REPLAYED]) == (204, 204, "true")
    assert code(other) == (422, "idempotency_mismatch")


async def test_a_reading_operation_takes_no_notice_of_keys(tmp_path: Path) -> None:
    plugin = open_till().plugin()
    counted: list[int] = []

    @plugin.operation(effect="read", open_world=False)
    async def count() -> int:
        """Count."""
        counted.append(1)
        return len(counted)

    async with Client(plugin, settings_for(f"sqlite:///{tmp_path / 'a.db'}")) as client:
        headers = {"idempotency-key": new_key()}
        assert [(await client.get("/count", headers=headers)).json() for _ in range(2)] == [1, 2]


@pytest.mark.parametrize("key", ["", "a b", 'a"b', '"open', "ä" * 20, "x" * 256, "a,b", "a" * 19, '""'], ids=repr)
async def test_a_malformed_key_is_refused(key: str, sqlite_url: str) -> None:
    till = open_till()
    async with Client(till.plugin(), settings_for(sqlite_url)) as client:
        reply = await pay(client, key)

    assert code(reply) == (400, "invalid_idempotency_key")
    assert reply.json()["details"][0]["field"] == "Idempotency-Key"
    assert till.paid == []


async def test_a_key_is_the_same_with_quotes_and_without(sqlite_url: str) -> None:
    till = open_till()
    async with Client(till.plugin(), settings_for(sqlite_url)) as client:
        key = new_key()
        assert (await pay(client, key)).body == (await pay(client, f'"{key}"')).body

    assert till.paid == [5]


async def test_two_keys_in_one_request_are_refused(sqlite_url: str) -> None:
    till = open_till()
    client = Client(till.plugin(), settings_for(sqlite_url))
    sent: list[Any] = []
    key = (b"idempotency-key", new_key().encode())
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/pay",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1:8000"), (b"content-type", b"application/json"), key, key],
        "client": ("127.0.0.1", 1),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b'{"amount":5}'}

    async def send(message: Any) -> None:
        sent.append(message)

    async with client:
        await client.app(scope, receive, send)

    assert (sent[0]["status"], json.loads(sent[1]["body"])["code"]) == (400, "invalid_idempotency_key")


async def test_a_key_can_be_used_anew_when_its_answer_is_kept_no_longer(database_url: str) -> None:
    till, clock = open_till(), Clock(NOW)
    async with client_of(till.plugin(), settings_for(database_url, idempotency_retention=3600), clock) as client:
        key = new_key()
        await pay(client, key)
        clock.pass_by(3599)
        assert (await pay(client, key)).headers[REPLAYED] == "true"
        clock.pass_by(2)
        assert (await pay(client, key, 6)).json()["number"] == 2


async def test_calls_are_counted_by_how_they_ended(sqlite_url: str) -> None:
    async with Client(open_till().plugin(), settings_for(sqlite_url)) as client:
        key = new_key()
        for amount in (5, 5, 6):
            await pay(client, key, amount)
        counted = {key[2]: counter.calls for key, counter in client.app.counters.by_key.items() if counter.calls}

    assert counted == {"ok": 1, "replayed": 1, "idempotency_mismatch": 1}


async def test_a_call_that_is_queued_is_queued_once_and_answered_with_the_same_job(database_url: str) -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, background=True)
    async def report(city: str) -> str:
        """Write a report."""
        return city

    headers = {"idempotency-key": new_key()}
    async with Client(plugin, settings_for(database_url)) as client:
        one, again = [await client.post("/report", json={"city": "Oslo"}, headers=headers) for _ in range(2)]
        other = await client.post("/report", json={"city": "Rome"}, headers=headers)

    assert (one.status, again.status, again.body) == (202, 202, one.body)
    assert again.headers["location"] == one.headers["location"]
    assert code(other) == (422, "idempotency_mismatch")


async def test_a_full_queue_leaves_the_key_unused(sqlite_url: str) -> None:
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, background=True)
    async def report(city: str) -> str:
        """Write a report."""
        return city

    key = new_key()
    settings = settings_for(sqlite_url, jobs="worker", jobs_queued=1)
    async with Client(plugin, settings) as client:
        first = await client.post("/report", json={"city": "Oslo"})
        headers = {"idempotency-key": key}
        assert (await client.post("/report", json={"city": "Rome"}, headers=headers)).status == 503
        await client.post(f"/jobs/{first.json()['id']}/cancel", json={})
        assert (await client.post("/report", json={"city": "Rome"}, headers=headers)).status == 202
