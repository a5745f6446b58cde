"""The arithmetic of the results: medians with their range, ratios, and quotients of ratios."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """A figure with its noise: the median of several rounds, the smallest and the largest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Sum up the values of several rounds."""
        if not values:
            message = "a spread needs at least one value"
            raise ValueError(message)
        return cls(median(values), min(values), max(values))

    def over(self, other: "Spread") -> "Spread":
        """Divide by another spread; the range covers every pairing of the two."""
        return Spread(self.median / other.median, self.low / other.high, self.high / other.low)

    def text(self, digits: int) -> str:
        """Write the figure as ``median (low to high)``."""
        return f"{self.median:,.{digits}f} ({self.low:,.{digits}f} to {self.high:,.{digits}f})"


def ratios(numerators: Sequence[float], denominators: Sequence[float]) -> list[float]:
    """Divide round by round, so that a slow spell of the machine hits both sides of a ratio."""
    return [above / below for above, below in zip(numerators, denominators, strict=True)]
