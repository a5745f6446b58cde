"""Weather from Open-Meteo (https://open-meteo.com): free for non-commercial use, no key, CC BY 4.0."""

import logging
from typing import Literal, TypeVar

import aiohttp
from pydantic import BaseModel, ValidationError

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
from plugwright import UpstreamTimeout, UpstreamUnavailable

_log = logging.getLogger(__name__)

_LARGEST_ANSWER = 256 * 1024  # 16 days of hours take 25 KiB
_CHUNK = 16 * 1024
_CONNECTIONS = 20
_OK, _TOO_MANY_REQUESTS = 200, 429
_LONGEST_WAIT = 3600.0

AnswerT = TypeVar("AnswerT", bound=BaseModel)


class OpenMeteoProvider:
    """Asks Open-Meteo over one pool of connections.

    Args:
        url: where the service is, without a path; another server that speaks its protocol will do.
        timeout: seconds for one request, from connecting to the last byte.
    """

    source: Literal["open-meteo"] = "open-meteo"

    def __init__(self, url: str, *, timeout: float = 4.0) -> None:
        self._url = url.rstrip("/") + "/v1/forecast"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
            timeout=aiohttp.ClientTimeout(total=timeout, connect=timeout / 2),
            headers={"Accept": "application/json", "User-Agent": "plugwright-weather-example"},
        )

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
        await self._session.close()

    async def _ask(self, answer: type[AnswerT], city: City, **wanted: str) -> AnswerT:
        place = {
            "latitude": f"{city.latitude:.4f}",
            "longitude": f"{city.longitude:.4f}",
            "timezone": city.timezone,
        }
        body = await self._get(place | wanted)
        try:
            return answer.model_validate_json(body)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            _log.warning("Open-Meteo answered in an unknown form: %s", problems[:3])
            raise UpstreamUnavailable("Open-Meteo answered in a form that this plugin does not know.") from error

    async def _get(self, query: dict[str, str]) -> bytes:
        try:
            async with self._session.get(self._url, params=query, allow_redirects=False) as response:
                if response.status != _OK:
                    raise await _refusal(response)
                return await _read(response)
        except TimeoutError as error:
            raise UpstreamTimeout("Open-Meteo did not answer in time.") from error
        except (aiohttp.ClientError, OSError) as error:
            _log.warning("Open-Meteo cannot be reached: %s", type(error).__name__)
            raise UpstreamUnavailable("Open-Meteo cannot be reached.") from error


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            raise UpstreamUnavailable("Open-Meteo's answer is larger than any forecast.")
    return bytes(body)


async def _refusal(response: aiohttp.ClientResponse) -> UpstreamUnavailable:
    """What to tell the caller; the service's own words are for the log only."""
    reason = await response.content.read(500)
    _log.warning("Open-Meteo answered %d: %r", response.status, reason)
    if response.status == _TOO_MANY_REQUESTS:
        wait = response.headers.get("Retry-After", "")
        seconds = min(float(wait), _LONGEST_WAIT) if wait.isascii() and wait.isdigit() else None
        return UpstreamUnavailable("Open-Meteo takes no more requests for now.", retry_after=seconds)
    return UpstreamUnavailable(f"Open-Meteo refused the request with status {response.status}.")
