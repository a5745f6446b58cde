"""The weather plugin: what an assistant can ask it.

Served with ``plugwright serve examples.weather.plugin:plugin``; the README beside this file tells the rest.
"""

import asyncio
import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from examples.weather.answers import city_found, forecast_answer, weather_answer
from examples.weather.cities import City, CityIndex, load_cities
from examples.weather.lookup import find_many, find_one, search, suggestions
from examples.weather.models import (
    CityFound,
    CitySearch,
    Comparison,
    Forecast,
    Providers,
    Steps,
    Weather,
)
from examples.weather.parameters import CityParameter, CountryParameter, DaysParameter
from examples.weather.place_operations import SCOPES, add_place_operations
from examples.weather.places import tables
from examples.weather.providers import describe_providers, open_provider
from examples.weather.providers.base import WeatherProvider
from examples.weather.settings import WeatherSettings
from examples.weather.travel_report import add_travel_report
from plugwright import Cache, Call, Complete, NotFound, OAuth, Plugin

_HERE = Path(__file__).parent
_COMPLETIONS = 20

plugin = Plugin(
    name="weather",
    title="Weather",
    summary="Weather now and forecasts for any city, comparisons of several, and the places you save.",
    instructions=(
        "Use this when the user asks about weather, temperature, humidity, rain, snow, wind or a forecast in "
        "a city. City names work in any language. When a name is ambiguous, the error lists candidates: "
        "ask the user, or repeat the call with one of them. When the user speaks of a place of their own, such "
        "as home, list_places tells which city it is; only saved places need sign-in. Figures whose source is "
        "'simulated' are invented by a climate model: say so when you report them. travel_report takes a "
        "while: it answers with a job, and get_job gives the report; have it wait rather than ask often."
    ),
    version="1.0.0",
    contact_email="support@example.com",
    legal_url="https://example.com/legal",
    logo=_HERE / "assets" / "logo.png",
    auth=OAuth(scopes=SCOPES),
    tables=tables,
)

forecast_card = plugin.widget(
    "ui://weather/forecast-v1.html",
    html=_HERE / "widget" / "forecast.html",
    title="Forecast",
    description="Shows the temperature as a curve and rain as bars, so there is no need to list the figures.",
    prefers_border=True,
)


@dataclass(frozen=True, slots=True)
class State:
    """What every call works with."""

    cities: CityIndex
    provider: WeatherProvider


@plugin.lifespan
async def lifespan() -> AsyncGenerator[State]:
    """Reads the cities and opens the source of weather; closes it again at the end."""
    settings = WeatherSettings.from_environ(os.environ)
    cities = load_cities()  # nothing is served yet, so nobody waits for it
    provider = open_provider(settings)
    try:
        yield State(cities, provider)
    finally:
        await provider.close()


@plugin.operation(
    effect="read",
    open_world=False,
    public=True,
    title="Find a city",
    tags=["cities"],
    fields=True,
    omit_nulls=True,
    invoking="Looking for the city",
    invoked="Searched the cities",
)
async def find_city(
    name: Annotated[
        str,
        Field(min_length=1, max_length=100, description="Name, or how it begins", examples=["Springfield"]),
    ],
    country: CountryParameter = None,
    limit: Annotated[int, Field(ge=1, le=50, description="Most cities to return")] = 10,
    *,
    call: Call,
) -> CitySearch:
    """Cities that a name may mean. Use this when a city's name is ambiguous or may be misspelt.

    Names in any language are known, for every city of more than 15,000 people.
    """
    cities: CityIndex = call.state.cities
    found = search(cities, name, country, limit)
    return CitySearch(
        cities=[city_found(city, cities.countries) for city in found],
        did_you_mean=[] if found else suggestions(cities, name),
    )


@plugin.operation(
    path="/weather",
    effect="read",
    open_world=True,
    public=True,
    title="Weather now",
    tags=["weather"],
    timeout="5s",
    cache=Cache(ttl="5m", stale="1h", shared=True),
    batch=20,
    fields=True,
    invoking="Looking at the sky",
    invoked="Looked at the sky",
)
async def get_weather(city: CityParameter, country: CountryParameter = None, *, call: Call) -> Weather:
    """Current weather in a city. Use this when the user asks what the weather is now."""
    state: State = call.state
    place = find_one(state.cities, city, country)
    return weather_answer(place, await state.provider.current(place), state.provider.source)


@plugin.operation(
    path="/forecast",
    effect="read",
    open_world=True,
    public=True,
    title="Forecast",
    tags=["weather"],
    timeout="5s",
    widget=forecast_card,
    cache=Cache(ttl="30m", stale="6h", shared=True),
    invoking="Looking ahead",
    invoked="Forecast ready",
)
async def get_forecast(
    city: CityParameter,
    country: CountryParameter = None,
    days: DaysParameter = 7,
    steps: Annotated[Steps, Field(description="hourly suits up to three days, daily more")] = "daily",
    *,
    call: Call,
) -> Forecast:
    """The weather of the coming days in a city. Use this when the user asks about a day or an hour ahead."""
    state: State = call.state
    place = find_one(state.cities, city, country)
    if steps == "daily":
        daily, hourly = await state.provider.daily(place, days), []
    else:
        daily, hourly = [], await state.provider.hourly(place, days)
    return forecast_answer(place, steps, daily, hourly, state.provider.source)


@plugin.operation(
    path="/weather/comparison",
    effect="read",
    open_world=True,
    public=True,
    title="Compare cities",
    tags=["weather"],
    timeout="8s",
    fields=True,
    invoking="Comparing cities",
    invoked="Compared cities",
)
async def compare_weather(
    cities: Annotated[
        list[CityParameter],
        Field(min_length=2, max_length=10, description="Two to ten cities", examples=[["Tokyo", "Paris"]]),
    ],
    *,
    call: Call,
) -> Comparison:
    """Current weather in several cities, side by side. Use this when the user compares places."""
    state: State = call.state
    places = find_many(state.cities, cities)
    done = 0

    async def look(place: City) -> Weather:
        nonlocal done
        reading = await state.provider.current(place)
        done += 1
        call.progress(done, len(places), place.name)
        return weather_answer(place, reading, state.provider.source)

    # All calls end before one's failure is raised, so that none is left running behind the answer.
    outcomes = await asyncio.gather(*map(look, places), return_exceptions=True)
    found: list[Weather] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        found.append(outcome)
    return Comparison(
        cities=found,
        warmest=max(found, key=lambda weather: weather.temperature).city,
        coldest=min(found, key=lambda weather: weather.temperature).city,
        windiest=max(found, key=lambda weather: weather.wind_speed).city,
    )


add_travel_report(plugin)
add_place_operations(plugin)


def city_labels(beginning: str) -> list[str]:
    """Completes the name of a city: the largest that begin so."""
    return [city.label for city in load_cities().starting_with(beginning, _COMPLETIONS)]


def city_ids(beginning: str) -> list[str]:
    """Completes a GeoNames id."""
    return load_cities().ids_starting_with(beginning, _COMPLETIONS)


@plugin.resource("weather://city/{id}", name="city", title="City", mime_type="application/json")
async def city_resource(
    id: Annotated[int, Complete(city_ids), Field(description="GeoNames id")],  # noqa: A002  # the URI's own word
    *,
    call: Call,
) -> CityFound:
    """Where a city lies, how many people live there and which time it keeps."""
    cities: CityIndex = call.state.cities
    city = cities.by_id(id)
    if city is None:
        raise NotFound(f"No city has the GeoNames id {id}.")
    return city_found(city, cities.countries)


@plugin.resource("weather://providers", name="providers", title="Sources", mime_type="application/json")
async def providers_resource(*, call: Call) -> Providers:
    """The sources of weather that this plugin knows, and which of them answers now."""
    state: State = call.state
    return Providers(
        providers=describe_providers(state.provider.source),
        cities=len(state.cities),
        cities_attribution="GeoNames, CC BY 4.0",
    )


@plugin.prompt(title="Pack for a trip")
async def trip(
    city: Annotated[str, Complete(city_labels), Field(description="Where the trip goes")],
    days: Annotated[str, Field(description="How many days, 1 to 16")] = "7",
    *,
    call: Call,
) -> str:
    """What to pack for a trip to a city, by its forecast."""
    place = find_one(call.state.cities, city)
    return (
        f"I am going to {place.label} for {days} days. Get the forecast for it with get_forecast, then tell "
        "me what to pack: clothes for the coldest and the warmest hours, and an umbrella or not. Keep "
        "it to a short list, and say so if the forecast is simulated."
    )
