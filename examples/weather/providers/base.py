"""What a source of weather has to be able to do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from examples.weather.cities import City
from examples.weather.conditions import Condition
from examples.weather.models import Day, Hour, Source


@dataclass(frozen=True, slots=True)
class Reading:
    """The weather at one place and instant."""

    temperature: float
    condition: Condition
    humidity: int
    precipitation: float
    wind_speed: float
    observed_at: datetime


class WeatherProvider(Protocol):
    """A source of weather.

    Every method may raise `plugwright.UpstreamError`, or a class below it.
    """

    @property
    def source(self) -> Source:
        """The name that marks this source's figures."""
        ...

    async def current(self, city: City) -> Reading:
        """The weather now."""
        ...

    async def hourly(self, city: City, days: int) -> list[Hour]:
        """Every hour of today and the days after it, in the city's local time."""
        ...

    async def daily(self, city: City, days: int) -> list[Day]:
        """Today and the days after it."""
        ...

    async def close(self) -> None:
        """Gives back what the source holds."""
        ...
