"""The weather of one place at any instant: its climate, and the noise around it."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from math import cos, exp, radians, tanh, tau
from statistics import NormalDist

from examples.weather.climate.noise import NoiseSeries
from examples.weather.climate.site import Climate, climate_at
from examples.weather.conditions import Condition

_SUN_TILT = 23.44
_WINTER_SOLSTICE = 355.0  # 21 December, as a day of the year
_YEAR = 365.2425
_STANDARD_NORMAL = NormalDist()

_LEAST_RAIN = 0.1  # mm in an hour; less is dew
_DRIZZLE, _HEAVY_RAIN, _HEAVY_SNOW, _MOST_RAIN = 0.4, 4.0, 2.0, 45.0
_THUNDER_WARMTH = 17.0
_FOG_HUMIDITY, _FOG_WIND = 95, 9.0
_RAIN_HUMIDITY = 82.0

_CLOUD_STEPS = (0.12, 0.38, 0.75)
_SKIES: tuple[Condition, ...] = ("clear", "mostly clear", "partly cloudy", "overcast")


@dataclass(frozen=True, slots=True)
class Sample:
    """The weather at one instant, in the units of the plugin's answers."""

    temperature: float
    condition: Condition
    humidity: int
    precipitation: float
    precipitation_probability: int
    wind_speed: float


class LocalWeather:
    """The weather of one place, as a function of time that never jumps."""

    def __init__(self, latitude: float, longitude: float) -> None:
        self.climate: Climate = climate_at(latitude, longitude)

        def series(channel: str, cell_degrees: float, period_hours: float) -> NoiseSeries:
            return NoiseSeries(channel, latitude, longitude, cell_degrees=cell_degrees, period_hours=period_hours)

        self._fronts = series("fronts", 6, 58)
        self._air = series("air", 8, 76)
        self._cells = series("cells", 1, 5)
        self._gusts = series("gusts", 3, 9)

    def at(self, instant: datetime) -> Sample:
        """The weather at an instant, which must know its time zone."""
        hours = instant.timestamp() / 3600
        day_of_year = hours / 24 % _YEAR
        front, cell = self._fronts.at(hours), self._cells.at(hours)
        surplus = 0.8 * front + 0.6 * cell - self._rain_threshold(day_of_year)
        cloud = _rising(1.6 * (surplus + 1.4))
        warming = self._daily_warming(hours, day_of_year) * (1 - 0.6 * cloud)
        temperature = round(self._daily_mean(hours, day_of_year) + warming - 0.8 * cloud, 1)
        precipitation = _hourly_rain(surplus, temperature)
        humidity = self._humidity(day_of_year, cloud, warming, precipitation)
        wind_speed = self._wind_speed(hours, front, warming)
        still_and_damp = humidity >= _FOG_HUMIDITY and wind_speed < _FOG_WIND
        return Sample(
            temperature=temperature,
            condition=_falling(precipitation, temperature, is_shower=0.6 * cell > 0.8 * front)
            or ("fog" if still_and_damp else _SKIES[bisect_right(_CLOUD_STEPS, cloud)]),
            humidity=humidity,
            precipitation=precipitation,
            precipitation_probability=round(100 * _rising(3 * surplus)),
            wind_speed=wind_speed,
        )

    def _rain_threshold(self, day_of_year: float) -> float:
        """How far the noise has to rise for rain, so that it rains in the share of hours that it should."""
        share = 0.35 * self.climate.wetness_of_day(day_of_year) ** 1.5
        return -_STANDARD_NORMAL.inv_cdf(max(share, 1e-5))

    def _daily_mean(self, hours: float, day_of_year: float) -> float:
        spread = 0.8 + 0.055 * min(abs(self.climate.latitude), 60.0)
        return self.climate.mean_of_day(day_of_year) + spread * 2 * tanh(self._air.at(hours) / 2)

    def _daily_warming(self, hours: float, day_of_year: float) -> float:
        """Above or below the day's mean by the sun: warmest at three in the afternoon of true local time."""
        solar_hour = (hours + self.climate.longitude / 15) % 24
        tilt = -_SUN_TILT * cos(tau * (day_of_year - _WINTER_SOLSTICE) / _YEAR)
        noon_sun = max(0.0, cos(radians(self.climate.latitude - tilt)))
        return self.climate.daily_swing * (0.2 + 0.8 * noon_sun) * cos(tau * (solar_hour - 15) / 24)

    def _humidity(self, day_of_year: float, cloud: float, warming: float, precipitation: float) -> int:
        usual = 22 + 76 * self.climate.wetness_of_day(day_of_year) ** 0.5
        humidity = usual + 12 * (cloud - 0.4) - 2.4 * warming
        least = _RAIN_HUMIDITY if precipitation > 0 else 6.0
        return round(max(least, min(100.0, humidity)))

    def _wind_speed(self, hours: float, front: float, warming: float) -> float:
        usual = 6.5 + 0.11 * abs(self.climate.latitude)
        gusts = 1 + 0.5 * tanh(self._gusts.at(hours))
        return round(usual * gusts + 3.5 * max(0.0, front) + 0.4 * max(0.0, warming), 1)


def _hourly_rain(surplus: float, temperature: float) -> float:
    """Millimetres in an hour, as water; warm air holds more of it than cold air."""
    if surplus <= 0:
        return 0.0
    fallen = 1.6 * 1.045 ** max(-20.0, min(30.0, temperature)) * surplus**1.4
    return round(min(fallen, _MOST_RAIN), 1) if fallen >= _LEAST_RAIN else 0.0


def _falling(precipitation: float, temperature: float, *, is_shower: bool) -> Condition | None:
    """The word for what falls, if anything does: below freezing it is snow."""
    if precipitation <= 0:
        return None
    if temperature <= 0:
        if precipitation >= _HEAVY_SNOW:
            return "heavy snow"
        return "snow showers" if is_shower else "snow"
    if precipitation >= _HEAVY_RAIN:
        return "thunderstorm" if temperature >= _THUNDER_WARMTH else "heavy rain"
    if is_shower:
        return "rain showers"
    return "drizzle" if precipitation < _DRIZZLE else "rain"


def _rising(value: float) -> float:
    """From 0 to 1 as the value rises through 0."""
    return 1 / (1 + exp(-max(-40.0, min(40.0, value))))
