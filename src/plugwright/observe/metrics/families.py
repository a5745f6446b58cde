"""What is measured: names, meanings and labels, and where the figures are read when somebody asks for them.

Nothing here is touched by a call. Calls count in plain integers, and a scrape reads those.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from plugwright.observe.counters import BUCKETS, Counter

Labels = tuple[str, ...]
Value = float | list[float]
"""A number, or of a histogram the sum and then the count of each bucket."""
Values = Mapping[Labels, Value]
Snapshot = Mapping[str, Values]
"""The values of one process, or of several together, by name and labels."""


@dataclass(frozen=True, slots=True)
class Family:
    """What one metric means.

    ``name`` is that of Prometheus, without ``_total`` where it is a counter. ``across`` is how the values of several
    processes become one. ``bounds`` are those of a histogram's buckets.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram", "info"]
    help: str
    labels: Labels = ()
    across: Literal["sum", "max", "min"] = "sum"
    bounds: Sequence[float] = BUCKETS

    @property
    def outlives_its_process(self) -> bool:
        """Whether what an ended process counted still counts."""
        return self.kind in {"counter", "histogram"}


@dataclass(frozen=True, slots=True)
class Metric:
    """A family, and where this process reads its values."""

    family: Family
    read: Callable[[], Values]


def counter(name: str, text: str, read: Callable[[], Values], labels: Labels = ()) -> Metric:
    """What only grows, by labels."""
    return Metric(Family(name, "counter", text, labels), read)


def gauge(name: str, text: str, read: Callable[[], Values], labels: Labels = ()) -> Metric:
    """What is so now, by labels, the sum of all processes."""
    return Metric(Family(name, "gauge", text, labels), read)


def histogram(name: str, text: str, read: Callable[[], Mapping[Labels, Counter]], labels: Labels = ()) -> Metric:
    """How durations spread, by labels."""
    return Metric(Family(name, "histogram", text, labels), lambda: {key: spread(each) for key, each in read().items()})


def one(read: Callable[[], float]) -> Callable[[], Values]:
    """The values of a family without labels."""
    return lambda: {(): read()}


def spread(counter: Counter) -> Value:
    """A histogram as a snapshot has it."""
    return [counter.seconds, *counter.buckets]


def take(metrics: Iterable[Metric]) -> Snapshot:
    """The values of this process as they are now."""
    return {metric.family.name: metric.read() for metric in metrics}


def merged(families: Iterable[Family], snapshots: Iterable[Snapshot]) -> dict[str, dict[Labels, Value]]:
    """The values of several processes together."""
    found: dict[str, dict[Labels, Value]] = {}
    known = list(snapshots)
    for family in families:
        values = found[family.name] = {}
        for snapshot in known:
            for labels, value in snapshot.get(family.name, {}).items():
                values[labels] = _joined(family, values[labels], value) if labels in values else value
    return found


def _joined(family: Family, first: Value, second: Value) -> Value:
    if isinstance(first, list) or isinstance(second, list):
        # Of another version's histogram, with other buckets, nothing can be said.
        if not (isinstance(first, list) and isinstance(second, list) and len(first) == len(second)):
            return first
        return [a + b for a, b in zip(first, second, strict=True)]
    if family.across == "max":
        return max(first, second)
    return min(first, second) if family.across == "min" else first + second
