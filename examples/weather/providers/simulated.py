"""Weather from a climate model: the same place and instant always get the same answer, without a network."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Literal
from zoneinfo import ZoneInfo

from examples.weather.cities import City
from examples.weather.climate.weather import LocalWeather, Sample
from examples.weather.conditions import CONDITIONS, Condition
from examples.weather.models import Day, Hour
from examples.weather.providers.base import Reading

_READING_MINUTES = 15  # as often as the real service renews its readings
_HOUR = timedelta(hours=1)


class SimulatedProvider:
    """Invents believable weather, and says so: every answer is marked ``simulated``."""

    source: Literal["simulated"] = "simulated"

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    async def current(self, city: City) -> Reading:
        """The weather at the last quarter of an hour."""
        now = self._clock().astimezone(ZoneInfo(city.timezone))
        instant = now.replace(minute=now.minute - now.minute % _READING_MINUTES, second=0, microsecond=0)
        sample = LocalWeather(city.latitude, city.longitude).at(instant)
        return Reading(
            temperature=sample.temperature,
            condition=sample.condition,
            humidity=sample.humidity,
            precipitation=sample.precipitation,
            wind_speed=sample.wind_speed,
            observed_at=instant,
        )

    async def hourly(self, city: City, days: int) -> list[Hour]:
        """Every hour from the last local midnight on; a day on which clocks change has 23 or 25."""
        return [
            Hour(
                time=local.strftime("%Y-%m-%dT%H:%M"),
                condition=sample.condition,
                temperature=sample.temperature,
                precipitation=sample.precipitation,
                precipitation_probability=sample.precipitation_probability,
                wind_speed=sample.wind_speed,
            )
            for local, sample in self._samples(city, days)
        ]

    async def daily(self, city: City, days: int) -> list[Day]:
        """The hours of `hourly`, drawn together day by day."""
        by_day = groupby(self._samples(city, days), key=lambda step: step[0].date())
        return [_day(day, [sample for _, sample in steps]) for day, steps in by_day]

    async def close(self) -> None:
        """Nothing is held."""

    def _samples(self, city: City, days: int) -> list[tuple[datetime, Sample]]:
        zone = ZoneInfo(city.timezone)
        weather = LocalWeather(city.latitude, city.longitude)
        today = self._clock().astimezone(zone).date()
        start, end = _midnight(today, zone), _midnight(today + timedelta(days=days), zone)
        instants = (start + _HOUR * step for step in range(round((end - start) / _HOUR)))
        return [(instant.astimezone(zone), weather.at(instant)) for instant in instants]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins by the clocks of a zone, in UTC, where hours have no gaps."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _day(day: date, samples: list[Sample]) -> Day:
    conditions: list[Condition] = [sample.condition for sample in samples]
    return Day(
        date=day,
        condition=max(conditions, key=CONDITIONS.index),
        temperature_min=min(sample.temperature for sample in samples),
        temperature_max=max(sample.temperature for sample in samples),
        precipitation=round(sum(sample.precipitation for sample in samples), 1),
        precipitation_probability=max(sample.precipitation_probability for sample in samples),
        wind_speed=max(sample.wind_speed for sample in samples),
    )
