"""The climate model makes weather that could be: bounded, continuous, with seasons, the same everywhere it runs."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from statistics import correlation, mean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.weather.climate.noise import NoiseSeries
from examples.weather.climate.site import climate_at
from examples.weather.climate.weather import LocalWeather, Sample

LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)
START = datetime(1950, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 150 * 366 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))
FROZEN = {"snow", "heavy snow", "snow showers"}
WET = {"drizzle", "rain", "heavy rain", "rain showers", "thunderstorm"}

TOKYO, LONDON, SYDNEY, SINGAPORE = (35.69, 139.69), (51.51, -0.13), (-33.87, 151.21), (1.29, 103.85)
MOSCOW, YAKUTSK, CAIRO, BOGOTA, LIMA = (55.75, 37.62), (62.03, 129.73), (30.06, 31.25), (4.61, -74.08), (-12.04, -77.03)


def month(place: tuple[float, float], number: int) -> list[Sample]:
    weather = LocalWeather(*place)
    starts = (datetime(year, number, 1, tzinfo=UTC) for year in range(2020, 2026))
    return [weather.at(start + timedelta(hours=hour)) for start in starts for hour in range(28 * 24)]


def mean_temperature(place: tuple[float, float], number: int) -> float:
    return mean(sample.temperature for sample in month(place, number))


@given(LATITUDES, LONGITUDES, INSTANTS)
def test_weather_is_within_what_the_earth_has_seen(latitude: float, longitude: float, instant: datetime) -> None:
    sample = LocalWeather(latitude, longitude).at(instant)
    assert -90 < sample.temperature < 57
    assert 0 <= sample.humidity <= 100
    assert 0 <= sample.precipitation <= 45
    assert 0 <= sample.precipitation_probability <= 100
    assert 0 <= sample.wind_speed < 100


@given(LATITUDES, LONGITUDES, INSTANTS)
def test_what_falls_agrees_with_its_word_its_chance_and_the_frost(
    latitude: float, longitude: float, instant: datetime
) -> None:
    sample = LocalWeather(latitude, longitude).at(instant)
    assert (sample.precipitation > 0) == (sample.condition in FROZEN | WET)
    if sample.precipitation > 0:
        assert sample.precipitation_probability >= 50
        assert sample.humidity >= 80
        assert (sample.temperature <= 0) == (sample.condition in FROZEN)


@given(LATITUDES, LONGITUDES, INSTANTS, st.integers(0, 300))
def test_weather_never_jumps(latitude: float, longitude: float, instant: datetime, seconds: int) -> None:
    weather = LocalWeather(latitude, longitude)
    before, after = weather.at(instant), weather.at(instant + timedelta(seconds=seconds))
    assert abs(after.temperature - before.temperature) <= 0.8
    assert abs(after.wind_speed - before.wind_speed) <= 1.5
    assert abs(after.precipitation_probability - before.precipitation_probability) <= 15


@given(LATITUDES, LONGITUDES, INSTANTS)
def test_the_same_place_and_instant_give_the_same_weather(latitude: float, longitude: float, instant: datetime) -> None:
    other_zone = instant.astimezone()
    assert LocalWeather(latitude, longitude).at(instant) == LocalWeather(latitude, longitude).at(other_zone)


def test_another_process_gives_the_same_weather() -> None:
    program = (
        "from datetime import datetime, UTC\n"
        "from examples.weather.climate.weather import LocalWeather\n"
        "print(LocalWeather(35.69, 139.69).at(datetime(2026, 11, 22, 1, tzinfo=UTC)))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert outputs == {str(LocalWeather(*TOKYO).at(datetime(2026, 11, 22, 1, tzinfo=UTC)))}


@pytest.mark.parametrize(("warm", "cold", "place"), [(7, 1, LONDON), (7, 1, TOKYO), (1, 7, SYDNEY)])
def test_summer_is_in_july_in_the_north_and_in_january_in_the_south(
    warm: int, cold: int, place: tuple[float, float]
) -> None:
    assert mean_temperature(place, warm) > mean_temperature(place, cold) + 7


def test_there_is_no_summer_at_the_equator() -> None:
    assert abs(mean_temperature(SINGAPORE, 7) - mean_temperature(SINGAPORE, 1)) < 2


@pytest.mark.parametrize(
    ("place", "number", "low", "high"),
    [
        (TOKYO, 1, 2, 11), (TOKYO, 7, 22, 30), (LONDON, 1, 1, 9), (LONDON, 7, 14, 22), (MOSCOW, 1, -14, -3),
        (YAKUTSK, 1, -42, -24), (CAIRO, 7, 25, 33), (SINGAPORE, 4, 24, 30), (BOGOTA, 7, 9, 17), (SYDNEY, 1, 18, 27),
    ],
)  # fmt: skip
def test_well_known_climates_are_recognised(place: tuple[float, float], number: int, low: float, high: float) -> None:
    assert low < mean_temperature(place, number) < high


def test_afternoons_are_warmer_than_nights_by_the_sun_not_by_the_clock() -> None:
    for place in (TOKYO, LONDON, SYDNEY, CAIRO):
        by_hour: dict[int, list[float]] = {}
        weather = LocalWeather(*place)
        for hour in range(24 * 60):
            instant = datetime(2026, 4, 1, tzinfo=UTC) + timedelta(hours=hour)
            solar_hour = round(instant.hour + place[1] / 15) % 24
            by_hour.setdefault(solar_hour, []).append(weather.at(instant).temperature)
        warmest = max(by_hour, key=lambda hour: mean(by_hour[hour]))
        assert 13 <= warmest <= 17


def test_the_desert_is_dry_and_the_rain_forest_wet() -> None:
    assert sum(sample.precipitation for sample in month(CAIRO, 7)) == 0
    assert sum(sample.precipitation for sample in month(SINGAPORE, 7)) / 6 > 50


def test_high_places_are_cool() -> None:
    assert climate_at(*BOGOTA).elevation > 2000
    assert climate_at(*LIMA).elevation < 50
    assert mean_temperature(BOGOTA, 7) < mean_temperature(SINGAPORE, 7) - 8


@given(LATITUDES, LONGITUDES)
def test_every_place_on_earth_has_a_climate(latitude: float, longitude: float) -> None:
    climate = climate_at(latitude, longitude)
    assert 0 <= climate.elevation < 5000
    assert -60 < climate.mean < 33
    assert climate.swing > 0
    assert all(0 <= climate.wetness_of_day(day) <= 1 for day in (0.0, 100.0, 200.5, 365.0))


def test_noise_is_centred_spread_by_one_and_alike_in_near_places() -> None:
    hours = [float(hour) for hour in range(0, 200_000, 7)]

    def values(latitude: float, longitude: float) -> list[float]:
        series = NoiseSeries("test", latitude, longitude, cell_degrees=5, period_hours=24)
        return [series.at(hour) for hour in hours]

    here = values(51.5, -0.1)
    assert abs(mean(here)) < 0.05
    assert abs(pstdev(here) - 1) < 0.05
    assert correlation(here, values(51.6, 0.3)) > 0.95
    assert abs(correlation(here, values(-33.9, 151.2))) < 0.1


def test_noise_joins_where_the_map_ends() -> None:
    def value(longitude: float) -> float:
        return NoiseSeries("test", 10, longitude, cell_degrees=5, period_hours=24).at(1000)

    assert value(180) == value(-180)
    assert abs(value(179.999) - value(-179.999)) < 0.01
