"""Chance that can be repeated: smooth noise over the earth and over time, the same in every process."""

from functools import lru_cache
from hashlib import blake2b
from math import floor, sqrt
from struct import Struct

_CORNER = Struct("<8sqqq")
_UNIFORM_DEVIATION = sqrt(3)  # makes the deviation of evenly spread values between -1 and 1 equal to 1


class NoiseSeries:
    """One kind of noise at one place: a function of time with mean 0 and deviation 1.

    Values hang at the corners of a lattice over latitude, longitude and time, and are blended smoothly in
    between; so near places and near times are alike, and the same instant always gives the same value.

    Args:
        channel: at most eight letters; another channel is other noise.
        latitude: of the place.
        longitude: of the place.
        cell_degrees: how far apart places are that have nothing to do with each other.
        period_hours: the same for times.
    """

    def __init__(
        self, channel: str, latitude: float, longitude: float, *, cell_degrees: float, period_hours: float
    ) -> None:
        self._channel = channel.encode()
        self._period = period_hours
        self._around = max(1, round(360 / cell_degrees))
        self._row, down = _split((latitude + 90) / cell_degrees)
        self._column, right = _split((longitude + 180) / 360 * self._around)
        self._weights = (
            (1 - down) * (1 - right),
            (1 - down) * right,
            down * (1 - right),
            down * right,
        )
        self._scale = _UNIFORM_DEVIATION / sqrt(sum(weight * weight for weight in self._weights))
        self._knots: dict[int, float] = {}

    def at(self, hours: float) -> float:
        """The value ``hours`` after the beginning of 1970."""
        before, share = _split(hours / self._period)
        blended = self._knot(before) * (1 - share) + self._knot(before + 1) * share
        return blended / sqrt((1 - share) ** 2 + share**2)

    def _knot(self, number: int) -> float:
        if number not in self._knots:
            east = (self._column + 1) % self._around
            corners = (
                _corner(self._channel, row, column, number)
                for row in (self._row, self._row + 1)
                for column in (self._column % self._around, east)
            )
            blended = sum(weight * value for weight, value in zip(self._weights, corners, strict=True))
            self._knots[number] = blended * self._scale
        return self._knots[number]


def _split(position: float) -> tuple[int, float]:
    """The lattice line before a position, and how far it is on the way to the next, eased at both ends."""
    line = floor(position)
    share = position - line
    return line, share * share * (3 - 2 * share)


@lru_cache(maxsize=16_384)
def _corner(channel: bytes, row: int, column: int, number: int) -> float:
    digest = blake2b(_CORNER.pack(channel, row, column, number), digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2**63 - 1
