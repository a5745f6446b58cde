"""The travel report: ordered, followed, and read."""

from __future__ import annotations

from typing import Any

import pytest

from examples.weather.plugin import plugin
from plugwright.testing import Client

CITIES = ["Lisbon", "Oslo", "Rome"]
WITHIN = 20  # seconds that no report takes


@pytest.fixture(autouse=True)
def _simulated_at_a_fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEATHER_NOW", "2026-11-22T01:07:00+00:00")
    monkeypatch.delenv("WEATHER_PROVIDER", raising=False)


async def written(client: Client, cities: list[str]) -> Any:
    """The job of a report, once it has ended."""
    ordered = await client.post("/travel-report", json={"cities": cities})
    assert ordered.status == 202, ordered.text
    return (await client.get(f"/jobs/{ordered.json()['id']}?wait={WITHIN}")).json()


async def test_a_report_has_two_weeks_for_every_city_and_says_which_stands_out() -> None:
    async with Client(plugin) as client:
        job = await written(client, CITIES)
    report = job["result"]

    assert job["state"] == "succeeded"
    assert [outlook["city"] for outlook in report["cities"]] == CITIES
    for outlook in report["cities"]:
        assert [day["date"] for day in outlook["days"]] == [f"2026-{day}" for day in _dates()]
        assert outlook["rainy_days"] == sum(day["precipitation"] >= 1 for day in outlook["days"])
    by_city = {outlook["city"]: outlook for outlook in report["cities"]}
    assert report["warmest"] == max(by_city, key=lambda city: by_city[city]["average_high"])
    assert report["driest"] == min(by_city, key=lambda city: by_city[city]["precipitation"])
    assert report["source"] == "simulated"


async def test_a_report_on_a_city_that_does_not_exist_fails_and_names_it() -> None:
    async with Client(plugin) as client:
        job = await written(client, ["Oslo", "Xyzzyqq"])

    assert (job["state"], job["error"]["code"]) == ("failed", "not_found")
    assert [detail["field"] for detail in job["error"]["details"]] == ["cities.1"]


async def test_a_model_orders_a_report_and_asks_for_it_with_tools() -> None:
    async with Client(plugin) as client:
        ordered = await client.mcp("tools/call", {"name": "travel_report", "arguments": {"cities": ["Oslo"]}})
        job = ordered.json()["result"]["structuredContent"]
        asked = await client.mcp("tools/call", {"name": "get_job", "arguments": {"id": job["id"], "wait": WITHIN}})

    assert job["state"] == "queued"
    assert asked.json()["result"]["structuredContent"]["result"]["warmest"] == "Oslo"


async def test_more_than_ten_cities_are_refused_before_anything_is_queued() -> None:
    async with Client(plugin) as client:
        reply = await client.post("/travel-report", json={"cities": ["Oslo"] * 11})

    assert (reply.status, reply.json()["code"]) == (400, "invalid_input")


def _dates() -> list[str]:
    return [f"11-{day}" for day in range(22, 31)] + [f"12-0{day}" for day in range(1, 6)]
