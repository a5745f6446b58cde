"""What the weather plugin answers with."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from examples.weather.conditions import Condition

Source = Literal["simulated", "open-meteo"]
Steps = Literal["hourly", "daily"]

Degrees = Annotated[float, Field(description="Air temperature in degrees Celsius")]
Millimetres = Annotated[float, Field(ge=0, description="Rain, or snow as water, in millimetres")]
Speed = Annotated[float, Field(ge=0, description="Wind speed in kilometres per hour")]
Percent = Annotated[int, Field(ge=0, le=100)]
Probability = Annotated[
    Percent | None, Field(description="Chance of rain or snow in percent; null when the source gives none")
]
Sky = Annotated[Condition, Field(description="What the sky does")]
Origin = Annotated[
    Source,
    Field(description="Where the figures come from; simulated ones are no measurement and no forecast"),
]
CityName = Annotated[str, Field(description="The city's main name")]
CountryCode = Annotated[str, Field(description="ISO 3166 code of the country", examples=["JP"])]
RegionCode = Annotated[
    str | None,
    Field(description="Code of the state, province or nation, where people write one: OR, ON, ENG"),
]


class Answer(BaseModel):
    """The base of all answers: once made, they do not change."""

    model_config = ConfigDict(frozen=True)


class Units(Answer):
    """The units of every figure, so that nobody has to guess them."""

    temperature: Literal["Celsius"] = "Celsius"
    precipitation: Literal["mm"] = "mm"
    wind_speed: Literal["km/h"] = "km/h"
    precipitation_probability: Literal["%"] = "%"
    humidity: Literal["%"] = "%"


class CityFound(Answer):
    """One city that a name may mean."""

    id: Annotated[int, Field(description="GeoNames id; every operation takes it in place of a name")]
    name: CityName
    label: Annotated[str, Field(description="A name that tells the city from its namesakes elsewhere")]
    country: CountryCode
    country_name: str
    region: RegionCode
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    population: Annotated[int, Field(ge=0)]
    timezone: Annotated[str, Field(description="IANA time zone", examples=["Asia/Tokyo"])]


class CitySearch(Answer):
    """What a search for a city found."""

    cities: Annotated[list[CityFound], Field(description="Best match first")]
    did_you_mean: Annotated[list[str], Field(description="Similar names, when nothing was found")]


class Weather(Answer):
    """The weather in a city now."""

    city: CityName
    country: CountryCode
    region: RegionCode
    temperature: Degrees
    condition: Sky
    humidity: Annotated[Percent, Field(description="Relative humidity in percent")]
    precipitation: Annotated[Millimetres, Field(description="Rain, or snow as water, in the past hour, in mm")]
    wind_speed: Speed
    units: Units
    observed_at: Annotated[AwareDatetime, Field(description="Local time that the figures are for")]
    source: Origin


class Day(Answer):
    """The forecast for one day, midnight to midnight by the city's clocks."""

    date: Annotated[date, Field(description="Day in the city")]
    condition: Annotated[Condition, Field(description="The most severe condition of the day")]
    temperature_min: Degrees
    temperature_max: Degrees
    precipitation: Millimetres
    precipitation_probability: Probability
    wind_speed: Annotated[Speed, Field(description="Highest wind speed of the day in kilometres per hour")]


class Hour(Answer):
    """The forecast for one hour."""

    time: Annotated[str, Field(description="Local time", pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d$")]
    condition: Sky
    temperature: Degrees
    precipitation: Millimetres
    precipitation_probability: Probability
    wind_speed: Speed


class Forecast(Answer):
    """The weather to come in a city, by day or by hour."""

    city: CityName
    country: CountryCode
    region: RegionCode
    timezone: Annotated[str, Field(description="IANA time zone of all times", examples=["Asia/Tokyo"])]
    source: Origin
    units: Units
    steps: Steps
    daily: Annotated[list[Day], Field(description="Filled when steps is daily")]
    hourly: Annotated[list[Hour], Field(description="Filled when steps is hourly")]


class Comparison(Answer):
    """The weather now in several cities, and which of them stands out."""

    cities: Annotated[list[Weather], Field(description="In the order asked for")]
    warmest: CityName
    coldest: CityName
    windiest: CityName


class CityOutlook(Answer):
    """Two weeks in one city."""

    city: CityName
    country: CountryCode
    region: RegionCode
    average_high: Degrees
    precipitation: Annotated[Millimetres, Field(description="Of all days, in mm")]
    rainy_days: Annotated[int, Field(ge=0, description="Days with 1 mm of rain or more")]
    days: list[Day]


class TravelReport(Answer):
    """Two weeks in several cities, and which of them stands out."""

    cities: Annotated[list[CityOutlook], Field(description="In the order asked for")]
    warmest: CityName
    driest: CityName
    units: Units
    source: Origin


class SavedPlace(Answer):
    """A city that the user saved under a name of their own."""

    name: Annotated[str, Field(description="The user's own name for it", examples=["home"])]
    city: Annotated[
        str, Field(description="The city, told from its namesakes elsewhere", examples=["Portland, OR, US"])
    ]
    city_id: Annotated[int, Field(description="GeoNames id; every operation takes it in place of a name")]


class SavedPlaces(Answer):
    """The places that the user saved."""

    places: Annotated[list[SavedPlace], Field(description="By name; empty when the user saved none")]


class ProviderInfo(Answer):
    """One source of weather."""

    name: Source
    description: str
    in_use: bool
    attribution: str | None


class Providers(Answer):
    """The sources of weather this plugin knows."""

    providers: list[ProviderInfo]
    cities: Annotated[int, Field(description="Number of cities that can be asked for")]
    cities_attribution: str
