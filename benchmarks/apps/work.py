"""The work every subject does: look one city up in a table in memory and answer a typed model."""

from typing import Literal, TypeAlias

from pydantic import BaseModel

Units: TypeAlias = Literal["metric", "imperial"]

CELSIUS_AND_CONDITION: dict[str, tuple[float, str]] = {
    "london": (11.5, "Rain"),
    "new york": (16.0, "Partly cloudy"),
    "nairobi": (21.25, "Sunny"),
    "oslo": (4.5, "Snow"),
    "sydney": (19.0, "Windy"),
    "tokyo": (18.5, "Sunny"),
}


class Weather(BaseModel):
    """The weather in one city, as every subject answers it."""

    city: str
    temperature: float
    condition: str
    units: Units


def look_up(city: str, units: Units) -> Weather | None:
    """Find the weather of a city; None when the table has no such city."""
    found = CELSIUS_AND_CONDITION.get(city.lower())
    if found is None:
        return None
    celsius, condition = found
    temperature = celsius if units == "metric" else celsius * 1.8 + 32
    return Weather(city=city, temperature=temperature, condition=condition, units=units)
