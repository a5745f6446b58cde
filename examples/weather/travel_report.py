"""The report for a journey: two weeks in several cities, which takes longer than an assistant waits, and is queued."""

from typing import Annotated

from pydantic import Field

from examples.weather.cities import City
from examples.weather.lookup import find_many
from examples.weather.models import CityOutlook, Day, TravelReport, Units
from examples.weather.parameters import CityParameter
from examples.weather.providers.base import WeatherProvider
from plugwright import Call, Plugin

_DAYS = 14
_RAINY = 1.0  # mm in a day


def add_travel_report(plugin: Plugin) -> None:
    """Give the plugin the operation of this module."""
    plugin.operation(
        path="/travel-report",
        effect="read",
        open_world=True,
        public=True,
        title="Travel report",
        tags=["weather"],
        background=True,
        timeout="5m",
        limit=["10/minute", "100/day"],
        invoking="Ordering the report",
        invoked="Report ordered",
        examples=[{"cities": ["Lisbon", "Oslo", "Rome"]}],
    )(travel_report)


async def travel_report(
    cities: Annotated[
        list[CityParameter],
        Field(min_length=1, max_length=10, description="One to ten cities", examples=[["Lisbon", "Oslo", "Rome"]]),
    ],
    *,
    call: Call,
) -> TravelReport:
    """The next two weeks in several cities, day by day. Use this when the user plans a journey or picks a destination.

    It is written in the background: the answer is a job, whose result get_job gives once it has ended.
    """
    provider: WeatherProvider = call.state.provider
    places = find_many(call.state.cities, cities)
    outlooks: list[CityOutlook] = []
    for done, place in enumerate(places):
        call.progress(done, len(places), f"Looking at {place.name}")
        outlooks.append(_outlook(place, await provider.daily(place, _DAYS)))
    return TravelReport(
        cities=outlooks,
        warmest=max(outlooks, key=lambda outlook: outlook.average_high).city,
        driest=min(outlooks, key=lambda outlook: outlook.precipitation).city,
        units=Units(),
        source=provider.source,
    )


def _outlook(place: City, days: list[Day]) -> CityOutlook:
    return CityOutlook(
        city=place.name,
        country=place.country,
        region=place.region,
        average_high=round(sum(day.temperature_max for day in days) / len(days), 1),
        precipitation=round(sum(day.precipitation for day in days), 1),
        rainy_days=sum(day.precipitation >= _RAINY for day in days),
        days=days,
    )
