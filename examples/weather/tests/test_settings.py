"""Settings come from the environment; what makes no sense is refused before anything is served."""

from datetime import UTC, datetime

import pytest

from examples.weather.models import Source
from examples.weather.providers import PROVIDERS, describe_providers, open_provider
from examples.weather.settings import SOURCES, WeatherSettings
from plugwright import SetupError


def test_an_empty_environment_means_the_simulation() -> None:
    settings = WeatherSettings.from_environ({"WEATHER_PROVIDER": "", "OPEN_METEO_URL": ""})
    assert settings == WeatherSettings()
    assert settings.provider == "simulated"
    assert settings.open_meteo_url == "https://api.open-meteo.com"


def test_every_value_is_read() -> None:
    environ = {
        "WEATHER_PROVIDER": "open-meteo",
        "OPEN_METEO_URL": "http://127.0.0.1:8081",
        "WEATHER_NOW": "2026-11-22T10:00:00+00:00",
    }
    now = datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert WeatherSettings.from_environ(environ) == WeatherSettings("open-meteo", "http://127.0.0.1:8081", now)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WEATHER_PROVIDER", "openmeteo"),
        ("WEATHER_PROVIDER", "SIMULATED"),
        ("OPEN_METEO_URL", "api.open-meteo.com"),
        ("OPEN_METEO_URL", "ftp://example.com"),
        ("OPEN_METEO_URL", "https://"),
        ("OPEN_METEO_URL", "https://example.com?key=1"),
        ("WEATHER_NOW", "yesterday"),
        ("WEATHER_NOW", "2026-11-22T10:00:00"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(SetupError, match=variable):
        WeatherSettings.from_environ({variable: value})


@pytest.mark.parametrize("source", SOURCES)
async def test_the_setting_chooses_the_provider(source: Source) -> None:
    provider = open_provider(WeatherSettings(provider=source))
    assert provider.source == source
    await provider.close()


def test_exactly_one_described_provider_is_in_use() -> None:
    assert [info.name for info in describe_providers("open-meteo") if info.in_use] == ["open-meteo"]
    assert {name for name, _, _ in PROVIDERS} == set(SOURCES)
