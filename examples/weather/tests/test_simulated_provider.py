"""The simulated provider answers for the city's own clock, and hours and days tell the same story."""

from datetime import UTC, date, datetime, timedelta

import pytest

from examples.weather.cities import City, CityIndex
from examples.weather.conditions import CONDITIONS
from examples.weather.lookup import find_one
from examples.weather.providers.simulated import SimulatedProvider


def provider_at(instant: str) -> SimulatedProvider:
    now = datetime.fromisoformat(instant)
    return SimulatedProvider(clock=lambda: now)


async def test_the_reading_is_of_the_last_quarter_hour_in_local_time(cities: CityIndex) -> None:
    reading = await provider_at("2026-11-22T01:14:59.999+00:00").current(find_one(cities, "Tokyo"))
    assert reading.observed_at.isoformat() == "2026-11-22T10:00:00+09:00"


async def test_the_reading_stays_the_same_until_the_next_quarter(cities: CityIndex) -> None:
    tokyo = find_one(cities, "Tokyo")
    first = await provider_at("2026-11-22T01:00:00+00:00").current(tokyo)
    assert await provider_at("2026-11-22T01:14:59+00:00").current(tokyo) == first
    assert await provider_at("2026-11-22T01:15:00+00:00").current(tokyo) != first


async def test_the_reading_on_the_hour_is_the_forecast_of_that_hour(cities: CityIndex) -> None:
    provider, tokyo = provider_at("2026-11-22T01:00:00+00:00"), find_one(cities, "Tokyo")
    reading = await provider.current(tokyo)
    (hour,) = [hour for hour in await provider.hourly(tokyo, 1) if hour.time == "2026-11-22T10:00"]
    assert (hour.temperature, hour.condition) == (reading.temperature, reading.condition)


@pytest.mark.parametrize(
    ("city", "now", "first", "hours"),
    [
        ("Tokyo", "2026-11-21T20:00:00+00:00", "2026-11-22T00:00", 24),
        ("Los Angeles", "2026-11-22T02:00:00+00:00", "2026-11-21T00:00", 24),
        ("Kathmandu", "2026-11-22T12:00:00+00:00", "2026-11-22T00:00", 24),
        ("Paris", "2026-03-29T12:00:00+00:00", "2026-03-29T00:00", 23),
        ("Paris", "2026-10-25T12:00:00+00:00", "2026-10-25T00:00", 25),
        ("Cairo", "2026-04-24T12:00:00+00:00", "2026-04-24T01:00", 23),
    ],
)
async def test_a_day_goes_from_midnight_to_midnight_by_local_clocks(
    cities: CityIndex, city: str, now: str, first: str, hours: int
) -> None:
    steps = await provider_at(now).hourly(find_one(cities, city), 1)
    assert steps[0].time == first
    assert len(steps) == hours
    assert {step.time[:10] for step in steps} == {first[:10]}


async def test_days_are_the_sum_of_their_hours(cities: CityIndex) -> None:
    provider, london = provider_at("2026-10-20T12:00:00+00:00"), find_one(cities, "London")
    hourly, daily = await provider.hourly(london, 16), await provider.daily(london, 16)
    assert [day.date for day in daily] == [date(2026, 10, 20) + timedelta(days=n) for n in range(16)]
    for day in daily:
        hours = [hour for hour in hourly if hour.time.startswith(day.date.isoformat())]
        assert day.temperature_min == min(hour.temperature for hour in hours)
        assert day.temperature_max == max(hour.temperature for hour in hours)
        assert day.precipitation == pytest.approx(sum(hour.precipitation for hour in hours), abs=0.05)
        assert CONDITIONS.index(day.condition) == max(CONDITIONS.index(hour.condition) for hour in hours)


async def test_tomorrow_s_forecast_is_what_tomorrow_brings(cities: CityIndex) -> None:
    oslo = find_one(cities, "Oslo")
    today = await provider_at("2026-11-22T08:00:00+00:00").daily(oslo, 2)
    tomorrow = await provider_at("2026-11-23T19:00:00+00:00").daily(oslo, 1)
    assert today[1] == tomorrow[0]


async def test_near_cities_have_like_weather(cities: CityIndex) -> None:
    provider = provider_at("2026-11-22T12:00:00+00:00")

    async def highs(name: str) -> list[float]:
        return [day.temperature_max for day in await provider.daily(find_one(cities, name), 16)]

    for tokyo, yokohama in zip(await highs("Tokyo"), await highs("Yokohama"), strict=True):
        assert abs(tokyo - yokohama) < 2


async def test_any_city_has_weather(cities: CityIndex) -> None:
    provider = provider_at("2026-11-22T12:00:00+00:00")
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    some: list[City] = [city for number, city in enumerate(cities) if number % 97 == 0]
    for city in some:
        reading = await provider.current(city)
        assert now - timedelta(minutes=15) < reading.observed_at <= now
    await provider.close()
