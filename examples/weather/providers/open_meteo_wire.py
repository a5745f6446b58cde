"""The wire format of Open-Meteo's forecast service: what is asked for, and the shape of its answers."""

from datetime import date, datetime, timedelta, timezone
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from examples.weather.conditions import WMO_CODES, Condition
from examples.weather.models import Day, Hour
from examples.weather.providers.base import Reading

CURRENT = ("temperature_2m", "relative_humidity_2m", "precipitation", "weather_code", "wind_speed_10m")
HOURLY = ("temperature_2m", "precipitation", "precipitation_probability", "weather_code", "wind_speed_10m")
DAILY = (
    "weather_code",
    "temperature_2m_max",
    "temperature_2m_min",
    "precipitation_sum",
    "precipitation_probability_max",
    "wind_speed_10m_max",
)

_MOST_STEPS = 16 * 25


def _condition(code: object) -> Condition:
    if type(code) is not int or code not in WMO_CODES:  # True is an int, and no weather code
        raise ValueError("not a WMO weather code")  # which pydantic reports as bad data
    return WMO_CODES[code]


Sky = Annotated[Condition, BeforeValidator(_condition)]
Amount = Annotated[float, Field(ge=0)]
Percent = Annotated[int, Field(ge=0, le=100)]


class _Wire(BaseModel):
    """The base of all wire models: no guessing at types, fields that nobody asked for pass."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


class _Current(_Wire):
    time: Annotated[datetime, Field(strict=False)]
    temperature_2m: float
    relative_humidity_2m: Percent
    precipitation: Amount
    weather_code: Sky
    wind_speed_10m: Amount


class CurrentAnswer(_Wire):
    """The answer when `CURRENT` was asked for; its time is local, and the offset stands beside it."""

    utc_offset_seconds: Annotated[int, Field(gt=-86_400, lt=86_400)]
    current: _Current

    def reading(self) -> Reading:
        """The answer in the plugin's own words."""
        offset = timezone(timedelta(seconds=self.utc_offset_seconds))
        return Reading(
            temperature=self.current.temperature_2m,
            condition=self.current.weather_code,
            humidity=self.current.relative_humidity_2m,
            precipitation=self.current.precipitation,
            wind_speed=self.current.wind_speed_10m,
            observed_at=self.current.time.replace(tzinfo=offset),
        )


class _Columns(_Wire):
    """Several lists of one length: a column for each quantity, an entry for each time."""

    @model_validator(mode="after")
    def _columns_have_one_length(self) -> Self:
        lengths = {len(column) for _, column in self}
        if len(lengths) > 1 or max(lengths, default=0) > _MOST_STEPS:
            raise ValueError("the columns differ in length, or are too long")
        return self


class _Hourly(_Columns):
    time: list[Annotated[datetime, Field(strict=False)]]
    temperature_2m: list[float | None]
    precipitation: list[Amount | None]
    precipitation_probability: list[Percent | None]
    weather_code: list[Sky | None]
    wind_speed_10m: list[Amount | None]


class HourlyAnswer(_Wire):
    """The answer when `HOURLY` was asked for."""

    hourly: _Hourly

    def hours(self) -> list[Hour]:
        """The hours for which the service has figures; towards its horizon some of its models have none."""
        table = self.hourly
        rows = zip(
            table.time,
            table.temperature_2m,
            table.precipitation,
            table.precipitation_probability,
            table.weather_code,
            table.wind_speed_10m,
            strict=True,
        )
        return [
            Hour(
                time=time.strftime("%Y-%m-%dT%H:%M"),
                condition=condition,
                temperature=temperature,
                precipitation=precipitation,
                precipitation_probability=probability,
                wind_speed=wind_speed,
            )
            for time, temperature, precipitation, probability, condition, wind_speed in rows
            if temperature is not None
            and precipitation is not None
            and condition is not None
            and wind_speed is not None
        ]


class _Daily(_Columns):
    time: list[Annotated[date, Field(strict=False)]]
    weather_code: list[Sky | None]
    temperature_2m_max: list[float | None]
    temperature_2m_min: list[float | None]
    precipitation_sum: list[Amount | None]
    precipitation_probability_max: list[Percent | None]
    wind_speed_10m_max: list[Amount | None]


class DailyAnswer(_Wire):
    """The answer when `DAILY` was asked for."""

    daily: _Daily

    def days(self) -> list[Day]:
        """The days for which the service has figures."""
        table = self.daily
        rows = zip(
            table.time,
            table.weather_code,
            table.temperature_2m_min,
            table.temperature_2m_max,
            table.precipitation_sum,
            table.precipitation_probability_max,
            table.wind_speed_10m_max,
            strict=True,
        )
        return [
            Day(
                date=day,
                condition=condition,
                temperature_min=coldest,
                temperature_max=warmest,
                precipitation=precipitation,
                precipitation_probability=probability,
                wind_speed=wind_speed,
            )
            for day, condition, coldest, warmest, precipitation, probability, wind_speed in rows
            if condition is not None
            and coldest is not None
            and warmest is not None
            and precipitation is not None
            and wind_speed is not None
        ]
