"""Answers of which only some fields are wanted, or whose nulls are left out: made and kept whole, sent in part."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from plugwright import Cache, NotFound, Plugin
from plugwright.testing import Client
from tests.calls.caching import CachingClient, Clock
from tests.calls.keyed import new_key, settings_for
from tests.mcp.wire import LEGACY, MODERN, call_in
from tests.web.plugins import new_plugin


class Day(BaseModel):
    """A day."""

    date: str
    rain: float | None = None


class Outlook(BaseModel):
    """The days to come."""

    city: str
    region: str | None
    today: Day | None
    days: list[Day]


WHOLE: dict[str, Any] = {
    "city": "Oslo",
    "region": None,
    "today": {"date": "2026-11-22", "rain": 0.1},
    "days": [{"date": "2026-11-23", "rain": None}, {"date": "2026-11-24", "rain": 2.0}],
}


def looking(*, waits: bool = False, **options: Any) -> Plugin:
    """A plugin that looks ahead, offering its fields."""
    plugin = new_plugin()
    said: dict[str, Any] = {"effect": "read", "open_world": False, "path": "/look", "fields": True, **options}

    @plugin.operation(**said)
    async def look(city: str, size: float = 1.0) -> Outlook:
        """Look ahead."""
        if waits:
            await asyncio.sleep(0)
        if city == "none":
            raise NotFound("No such city")
        return Outlook.model_validate(WHOLE | {"city": city})

    return plugin


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("cache", [None, Cache(ttl="5m", shared=True)])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", WHOLE),
        ("&fields=city", {"city": "Oslo"}),
        ("&fields=days.rain,city", {"city": "Oslo", "days": [{"rain": None}, {"rain": 2.0}]}),
        ("&fields=region&fields=today", {"region": None, "today": WHOLE["today"]}),
        ("&fields=today.date,today", {"today": WHOLE["today"]}),
        ("&fields=today,today.date", {"today": WHOLE["today"]}),
        ("&fields=city%2Cregion,city", {"city": "Oslo", "region": None}),
    ],
)
async def test_the_fields_that_are_named_are_sent_and_no_others(
    query: str, expected: Any, cache: Cache | None, waits: bool
):
    async with Client(looking(waits=waits, cache=cache)) as client:
        first = await client.get("/look?city=Oslo" + query)
        again = await client.get("/look?city=Oslo" + query)
    assert first.json() == again.json() == expected
    assert list(first.json()) == [name for name in WHOLE if name in expected]


@pytest.mark.parametrize("query", ["days.wind", "City", "", "city,", "days.rain.x", "by"])
async def test_a_field_that_there_is_not_is_refused_with_those_that_there_are(query: str):
    async with Client(looking()) as client:
        reply = await client.get(f"/look?city=Oslo&fields={query}")
        counted = {key: counter.calls for key, counter in client.app.counters.by_key.items() if counter.calls}
    assert (reply.status, reply.json()["code"]) == (400, "invalid_input")
    assert "there are city, region, today, days, today.date, today.rain, days.date" in reply.json()["error"]
    assert reply.json()["details"][0]["field"].startswith("fields.")
    assert counted == {("look", "rest", "invalid_input"): 1}


@pytest.mark.parametrize("fields", [[], "city", None, {"city": True}, [1], [["city"]]])
async def test_in_a_body_it_is_a_list_of_names(fields: Any):
    async with Client(looking(method="POST")) as client:
        good = await client.post("/look", json={"city": "Oslo", "fields": ["city"]})
        escaped = await client.request(
            "POST",
            "/look",
            body=rb'{"city": "Oslo", "f\u0069elds": ["region"]}',
            headers={"content-type": "application/json"},
        )
        bad = await client.post("/look", json={"city": "Oslo", "fields": fields})
    assert (good.json(), escaped.json()) == ({"city": "Oslo"}, {"region": None})
    assert (bad.status, bad.json()["code"]) == (400, "invalid_input")


async def test_the_rest_of_the_input_is_checked_as_ever():
    async with Client(looking()) as client:
        replies = [
            await client.get(f"/look?{query}&fields=city") for query in ("", "city=a&size=x", "city=a&b=1", "city=none")
        ]
    assert [reply.status for reply in replies] == [400, 400, 400, 404]


async def test_whatever_is_chosen_one_answer_is_kept():
    async with CachingClient(looking(cache=Cache(ttl="100s", shared=True)), Clock()) as client:
        for fields in ("", "&fields=city", "&fields=days", "&fields=today.rain"):
            await client.get("/look?city=Oslo" + fields)
        assert client.counts.made == 1
        assert len(client.memory.entries) == 1


async def test_a_part_has_an_etag_of_its_own_and_whoever_has_it_gets_304():
    async with CachingClient(looking(cache=Cache(ttl="100s", shared=True)), Clock()) as client:
        whole = await client.get("/look?city=Oslo")
        part = await client.get("/look?city=Oslo&fields=city")
        etag = part.headers["etag"]
        known = await client.get("/look?city=Oslo&fields=city", headers={"if-none-match": etag})
        other = await client.get("/look?city=Oslo&fields=days", headers={"if-none-match": etag})
        foreign = await client.get("/look?city=Oslo&fields=city", headers={"if-none-match": whole.headers["etag"]})
    assert etag != whole.headers["etag"]
    assert (known.status, known.body, known.headers["etag"]) == (304, b"", etag)
    assert (other.status, foreign.status) == (200, 200)
    assert part.headers["cache-control"] == whole.headers["cache-control"]
    assert part.headers["content-length"] == str(len(part.body))


async def test_a_long_part_of_a_kept_answer_is_compressed():
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, fields=True, cache=Cache(ttl="5m"))
    async def look() -> Outlook:
        """Look far ahead."""
        return Outlook(city="Oslo", region=None, today=None, days=[Day(date="2026-11-22")] * 100)

    async with Client(plugin) as client:
        whole = await client.get("/look", headers={"accept-encoding": "gzip"})
        part = await client.get("/look?fields=days.date", headers={"accept-encoding": "gzip"})
    assert part.headers["content-encoding"] == "gzip"
    assert part.headers["etag"] != whole.headers["etag"]


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
async def test_a_tool_takes_fields_as_an_argument(version: str):
    arguments = {"city": "Oslo", "fields": ["city", "today.rain"]}
    async with Client(looking()) as client:
        reply = await call_in(client, version, "tools/call", {"name": "look", "arguments": arguments})
        bad = await call_in(
            client, version, "tools/call", {"name": "look", "arguments": arguments | {"fields": ["town"]}}
        )
    assert reply.json()["result"]["content"][0]["text"] == '{"city":"Oslo","today":{"rain":0.1}}'
    assert bad.json()["result"]["isError"] is True


async def test_an_answer_that_is_a_list_is_chosen_from_item_by_item():
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, fields=True)
    async def days() -> list[Day]:
        """List days."""
        return [Day(date="a"), Day(date="b", rain=1.0)]

    async with Client(plugin) as client:
        rest = await client.get("/days?fields=date")
        tool = await client.mcp("tools/call", {"name": "days", "arguments": {"fields": ["date"]}})
    assert rest.json() == [{"date": "a"}, {"date": "b"}]
    assert tool.json()["result"]["structuredContent"] == {"result": rest.json()}


async def test_the_items_of_a_batch_choose_for_themselves():
    async with Client(looking(batch=3)) as client:
        batch = {"items": [{"city": "Oslo", "fields": ["city"]}, {"city": "Rome"}, {"city": "Bonn", "fields": ["x"]}]}
        reply = await client.post("/look/batch", json=batch)
    first, second, third = reply.json()["results"]
    assert first == {"result": {"city": "Oslo"}}
    assert second == {"result": WHOLE | {"city": "Rome"}}
    assert third["code"] == "invalid_input"


async def test_only_what_is_sent_has_to_fit_into_a_chat():
    async with Client(looking(answer_limit=200, cache=Cache(ttl="5m"))) as client:
        city = "x" * 150
        whole = [await client.get(f"/look?city={city}") for _ in range(2)]
        part = await client.get(f"/look?city={city}&fields=days")
    assert [reply.json()["code"] for reply in whole] == ["answer_too_long"] * 2
    assert part.json() == {"days": WHOLE["days"]}


async def test_nulls_are_left_out_where_the_author_says_so():
    async with Client(looking(omit_nulls=True)) as client:
        whole = await client.get("/look?city=Oslo")
        part = await client.get("/look?city=Oslo&fields=region,days.rain")
    async with Client(looking(omit_nulls=True, fields=False)) as client:
        same = await client.get("/look?city=Oslo")
    days = [{"date": "2026-11-23"}, {"date": "2026-11-24", "rain": 2.0}]
    assert whole.json() == same.json() == {"city": "Oslo", "today": WHOLE["today"], "days": days}
    assert part.json() == {"days": [{}, {"rain": 2.0}]}


async def test_without_the_option_fields_is_an_unknown_input():
    async with Client(looking(fields=False)) as client:
        reply = await client.get("/look?city=Oslo&fields=city")
    assert reply.json()["details"] == [{"field": "fields", "problem": "Unknown field"}]


async def test_a_repeat_with_the_same_key_may_choose_other_fields(tmp_path: Path):
    plugin = looking(effect="write", cache=None)
    headers = {"idempotency-key": new_key()}
    async with Client(plugin, settings_for(f"sqlite:///{tmp_path / 'plugin.db'}")) as client:
        first = await client.post("/look", json={"city": "Oslo", "fields": ["city"]}, headers=headers)
        again = await client.post("/look", json={"city": "Oslo", "fields": ["region"]}, headers=headers)
        bad = await client.post("/look", json={"city": "Oslo", "fields": ["x"]}, headers=headers)
    assert (first.json(), again.json(), bad.status) == ({"city": "Oslo"}, {"region": None}, 400)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
