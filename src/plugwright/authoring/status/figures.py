"""What metrics say: sums over labels, differences between two looks, quantiles of histograms."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

_GROWING: Final = ("_total", "_bucket", "_count", "_sum")

Key = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Samples by name and labels."""

    samples: Mapping[Key, float] = field(default_factory=dict[Key, float])

    def __bool__(self) -> bool:
        return bool(self.samples)

    def total(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples with these labels."""
        wanted = set(labels.items())
        return sum(value for (found, pairs), value in self.samples.items() if found == name and wanted <= pairs)

    def by(self, name: str, *labels: str) -> dict[tuple[str, ...], float]:
        """The sums of a metric's samples by the values of some labels."""
        found: Counter[tuple[str, ...]] = Counter()
        for (metric, pairs), value in self.samples.items():
            if metric == name:
                known = dict(pairs)
                found[tuple(known.get(label, "") for label in labels)] += value  # pyright: ignore[reportArgumentType] a Counter adds floats as well
        return dict(found)

    def since(self, before: "Figures") -> "Figures":
        """What counters and histograms have grown by; a counter that began anew has grown from nothing."""
        grown: dict[Key, float] = {}
        for key, value in self.samples.items():
            old = before.samples.get(key, 0.0) if key[0].endswith(_GROWING) else 0.0
            grown[key] = value - old if value >= old else value
        return Figures(grown)

    def quantile(self, name: str, part: float, **labels: str) -> float | None:
        """A quantile of a histogram in its unit, as near as its buckets tell; nothing when it is empty."""
        wanted = set(labels.items())
        buckets: Counter[float] = Counter()
        for (metric, pairs), value in self.samples.items():
            if metric == f"{name}_bucket" and wanted <= pairs:
                buckets[float(dict(pairs)["le"])] += value  # pyright: ignore[reportArgumentType] a Counter adds floats as well
        return _quantile(sorted(buckets.items()), part)


def parse_figures(texts: Iterable[str]) -> Figures:
    """The samples of pages in Prometheus's text format, those of several pages added up.

    Raises:
        ValueError: a page is something else.
    """
    from prometheus_client.parser import text_string_to_metric_families  # noqa: PLC0415 it costs 0.1 s

    found: Counter[Key] = Counter()
    for text in texts:
        for family in text_string_to_metric_families(text):
            for sample in cast("list[Any]", family.samples):
                found[sample.name, frozenset(sample.labels.items())] += sample.value
    return Figures(dict(found))


def _quantile(buckets: list[tuple[float, float]], part: float) -> float | None:
    if not buckets or not buckets[-1][1]:
        return None
    rank = part * buckets[-1][1]
    lower = below = 0.0
    for bound, count in buckets:
        if count >= rank:
            is_open = bound == float("inf")
            return lower if is_open or count == below else lower + (bound - lower) * (rank - below) / (count - below)
        lower, below = bound, count
    return lower
