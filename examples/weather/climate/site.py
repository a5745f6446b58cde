"""The climate of one place: what a year and a day are like there."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import cos, tanh, tau

from examples.weather.climate.regions import REGIONS, Region

_COOLING_PER_METRE = 0.0056  # of the air with height, over land
_WARMEST_DAY = 201.0  # 20 July; the sea and the ground lag a month behind the sun
_YEAR = 365.2425
_POLAR_CIRCLE = 65.0  # about; where the last belt of rain has faded


@dataclass(frozen=True, slots=True)
class Climate:
    """The climate of one place, from which its weather on any day departs by a few degrees.

    Attributes:
        latitude: in degrees, north positive.
        longitude: in degrees, east positive.
        elevation: metres above the sea, as far as the table of regions knows.
        mean: mean temperature of the year in degrees Celsius.
        swing: how far the warmest time of the year lies above the mean.
        daily_swing: how far the warmest time of a clear day lies above the day's mean.
        wetness: share of wet weather over the year, 0 to 1.
        summer_rain: 1 where all rain falls in summer, -1 where all falls in winter.
    """

    latitude: float
    longitude: float
    elevation: float
    mean: float
    swing: float
    daily_swing: float
    wetness: float
    summer_rain: float

    def summer(self, day_of_year: float) -> float:
        """How much summer it is: 1 at its height, -1 in the depth of winter; always near 0 at the equator."""
        north = cos(tau * (day_of_year - _WARMEST_DAY) / _YEAR)
        return north * tanh(self.latitude / 8)

    def mean_of_day(self, day_of_year: float) -> float:
        """The usual mean temperature of a day of the year."""
        return self.mean + self.swing * self.summer(day_of_year)

    def wetness_of_day(self, day_of_year: float) -> float:
        """The usual share of wet weather on a day of the year, 0 to 1."""
        season = self.summer_rain * self.summer(day_of_year)
        return _clamp(self.wetness * (1 + season) + 0.12 * season * self.wetness, 0.0, 1.0)


@lru_cache(maxsize=4_096)
def climate_at(latitude: float, longitude: float) -> Climate:
    """The climate of the place with these coordinates."""
    felt = [(region, region.influence(latitude, longitude)) for region in REGIONS]
    elevation = max((region.elevation * share for region, share in felt), default=0.0)
    wetness = _clamp(_zonal_wetness(latitude) + _strongest(felt, lambda region: region.wetness), 0.02, 0.85)
    return Climate(
        latitude=latitude,
        longitude=longitude,
        elevation=elevation,
        mean=_zonal_mean(latitude) + _strongest(felt, lambda region: region.warmth) - _COOLING_PER_METRE * elevation,
        swing=max(0.5, _zonal_swing(latitude) + _strongest(felt, lambda region: region.swing)),
        daily_swing=3.0 + 4.0 * (1 - wetness) ** 2 + elevation / 1500,
        wetness=wetness,
        summer_rain=_strongest(felt, lambda region: region.summer_rain),
    )


def _strongest(felt: list[tuple[Region, float]], effect: Callable[[Region], float]) -> float:
    """The strongest effect among all regions: where they overlap, they do not add up."""
    effects = [effect(region) * share for region, share in felt]
    return max(effects, key=abs, default=0.0)


def _zonal_mean(latitude: float) -> float:
    """Mean temperature of the year at sea level, for the whole circle of latitude."""
    return 27.2 - 0.0063 * latitude**2


def _zonal_swing(latitude: float) -> float:
    return 0.6 + 0.165 * abs(latitude) * (1.0 if latitude > 0 else 0.75)  # the south is mostly sea


def _zonal_wetness(latitude: float) -> float:
    """Wet at the equator and under the westerlies, dry under the subtropical highs and at the poles."""
    belts = 0.17 * cos(tau * latitude / 52) if abs(latitude) < _POLAR_CIRCLE else 0.0
    return 0.42 + belts


def _clamp(value: float, low: float, high: float) -> float:
    return max(low, min(high, value))
