"""Counts and durations of calls, kept per operation, protocol and outcome."""

from bisect import bisect_left
from dataclasses import dataclass, field

from plugwright.observe.events import CallFinished

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the duration histogram, in seconds; a last bucket holds what is above."""


@dataclass(slots=True)
class Counter:
    """How often, how long in all (seconds), and how the durations spread over `BUCKETS`."""

    calls: int = 0
    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))


class CallCounters:
    """An observer that counts."""

    def __init__(self) -> None:
        self.by_key: dict[tuple[str, str, str], Counter] = {}

    def __call__(self, event: CallFinished) -> None:
        """Count one call."""
        key = (event.operation, event.protocol, event.outcome)
        counter = self.by_key.get(key)
        if counter is None:
            counter = self.by_key[key] = Counter()
        counter.calls += 1
        counter.seconds += event.seconds
        counter.buckets[bisect_left(BUCKETS, event.seconds)] += 1
