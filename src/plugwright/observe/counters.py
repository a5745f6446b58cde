"""Counts and durations of calls, kept per operation, protocol and outcome."""

from bisect import bisect_left
from dataclasses import dataclass, field

from plugwright.observe.events import Arrival, Observe

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the duration histogram, in seconds; a last bucket holds what is above."""


_FIRST = BUCKETS[0]


@dataclass(slots=True)
class Counter:
    """How often, how long in all (seconds), and how the durations spread over `BUCKETS`."""

    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))

    @property
    def calls(self) -> int:
        """How many calls there were."""
        return sum(self.buckets)


class CallCounters:
    """An observer that counts."""

    def __init__(self) -> None:
        self.by_operation: dict[str, dict[tuple[str, str], Counter]] = {}

    @property
    def by_key(self) -> dict[tuple[str, str, str], Counter]:
        """All counters, by operation, protocol and outcome."""
        return {
            (operation, protocol, outcome): counter
            for operation, counters in self.by_operation.items()
            for (protocol, outcome), counter in counters.items()
        }

    def __call__(self, operation: str) -> Observe:
        """Count the calls of one operation, by protocol and outcome."""
        counters = self.by_operation.setdefault(operation, {})

        def observe(arrival: Arrival, outcome: str, seconds: float) -> None:
            key = (arrival.protocol, outcome)
            counter = counters.get(key)
            if counter is None:
                counter = counters[key] = Counter()
            counter.seconds += seconds
            # Most calls are in the first bucket.
            counter.buckets[bisect_left(BUCKETS, seconds) if seconds > _FIRST else 0] += 1

        return observe
