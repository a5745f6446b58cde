"""Puts together what the plugin answers from what cities and providers know."""

from examples.weather.cities import City
from examples.weather.countries import Countries
from examples.weather.models import CityFound, Day, Forecast, Hour, Source, Steps, Units, Weather
from examples.weather.providers.base import Reading


def city_found(city: City, countries: Countries) -> CityFound:
    """A city as the plugin shows it."""
    return CityFound(
        id=city.id,
        name=city.name,
        label=city.label,
        country=city.country,
        country_name=countries[city.country].name,
        region=city.region,
        latitude=city.latitude,
        longitude=city.longitude,
        population=city.population,
        timezone=city.timezone,
    )


def weather_answer(city: City, reading: Reading, source: Source) -> Weather:
    """The weather in a city now."""
    return Weather(
        city=city.name,
        country=city.country,
        region=city.region,
        temperature=reading.temperature,
        condition=reading.condition,
        humidity=reading.humidity,
        precipitation=reading.precipitation,
        wind_speed=reading.wind_speed,
        units=Units(),
        observed_at=reading.observed_at,
        source=source,
    )


def forecast_answer(city: City, steps: Steps, daily: list[Day], hourly: list[Hour], source: Source) -> Forecast:
    """The weather to come in a city."""
    return Forecast(
        city=city.name,
        country=city.country,
        region=city.region,
        timezone=city.timezone,
        source=source,
        units=Units(),
        steps=steps,
        daily=daily,
        hourly=hourly,
    )
