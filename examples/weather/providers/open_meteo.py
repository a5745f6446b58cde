"""Weather from Open-Meteo (https://open-meteo.com): free for non-commercial use, no key, CC BY 4.0."""

from typing import Literal, TypeVar

from pydantic import BaseModel

from examples.weather.cities import City
from examples.weather.models import Day, Hour
from examples.weather.providers.base import Reading
from examples.weather.providers.open_meteo_wire import (
    CURRENT,
    DAILY,
    HOURLY,
    CurrentAnswer,
    DailyAnswer,
    HourlyAnswer,
)
from plugwright import Upstream

_LARGEST_ANSWER = 256 * 1024  # 16 days of hours take 25 KiB

AnswerT = TypeVar("AnswerT", bound=BaseModel)


class OpenMeteoProvider:
    """Asks Open-Meteo.

    Args:
        url: where the service is, without a path; another server that speaks its protocol will do.
        timeout: for one question, repeats included.
    """

    source: Literal["open-meteo"] = "open-meteo"

    def __init__(self, url: str, *, timeout: str = "4s") -> None:
        self._service = Upstream(url, name="Open-Meteo", timeout=timeout, max_bytes=_LARGEST_ANSWER)

    async def current(self, city: City) -> Reading:
        """The service's latest reading; it renews them every quarter of an hour."""
        answer = await self._ask(CurrentAnswer, city, current=",".join(CURRENT), forecast_days="1")
        return answer.reading()

    async def hourly(self, city: City, days: int) -> list[Hour]:
        """Every hour of today and the days after it, from local midnight on."""
        answer = await self._ask(HourlyAnswer, city, hourly=",".join(HOURLY), forecast_days=str(days))
        return answer.hours()

    async def daily(self, city: City, days: int) -> list[Day]:
        """Today and the days after it."""
        answer = await self._ask(DailyAnswer, city, daily=",".join(DAILY), forecast_days=str(days))
        return answer.days()

    async def close(self) -> None:
        """Closes the connections."""
        await self._service.aclose()

    async def _ask(self, answer: type[AnswerT], city: City, **wanted: str) -> AnswerT:
        place = {
            "latitude": f"{city.latitude:.4f}",
            "longitude": f"{city.longitude:.4f}",
            "timezone": city.timezone,
        }
        return await self._service.get_json("/v1/forecast", params=place | wanted, returns=answer)
