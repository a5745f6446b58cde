"""What an operator sets for the weather plugin, by environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from urllib.parse import urlsplit

from examples.weather.models import Source
from plugwright import SetupError

SOURCES: tuple[Source, ...] = get_args(Source)
"""The names of all providers."""

_SIMULATED: Source = "simulated"
_SERVICE = "https://api.open-meteo.com"


@dataclass(frozen=True, slots=True)
class WeatherSettings:
    """The settings; `from_environ` reads and checks them.

    Attributes:
        provider: where weather comes from (``WEATHER_PROVIDER``).
        open_meteo_url: where Open-Meteo is (``OPEN_METEO_URL``).
        now: an instant at which the simulation's clock stands still (``WEATHER_NOW``), for pictures.
    """

    provider: Source = _SIMULATED
    open_meteo_url: str = _SERVICE
    now: datetime | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "WeatherSettings":
        """The settings in an environment; empty values count as absent.

        Raises:
            SetupError: a value makes no sense; the message names the variable and what it may be.
        """
        return cls(
            provider=_provider(environ.get("WEATHER_PROVIDER") or _SIMULATED),
            open_meteo_url=_web_address(environ.get("OPEN_METEO_URL") or _SERVICE),
            now=_instant(environ.get("WEATHER_NOW") or None),
        )


def _provider(value: str) -> Source:
    for provider in SOURCES:
        if provider == value:
            return provider
    raise SetupError(f"WEATHER_PROVIDER is {value!r}; it may be {' or '.join(SOURCES)}.")


def _web_address(value: str) -> str:
    address = urlsplit(value)
    if address.scheme not in ("http", "https") or not address.hostname or address.query or address.fragment:
        raise SetupError("OPEN_METEO_URL must be an http or https address such as https://api.open-meteo.com.")
    return value


def _instant(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError as error:
        raise SetupError(_BAD_INSTANT.format(value)) from error
    if instant.tzinfo is None:
        raise SetupError(_BAD_INSTANT.format(value))
    return instant


_BAD_INSTANT = "WEATHER_NOW is {!r}; it must be a time with its zone, such as 2026-11-22T10:00:00+00:00."
