"""Counts and durations of calls, kept per operation, protocol and outcome."""

from bisect import bisect_left
from dataclasses import dataclass, field

from plugwright.observe.events import Arrival, Observe

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 45.0)
"""Upper bounds of the duration histogram, in seconds, up to ChatGPT's patience; a last bucket holds what is above."""


_FIRST = BUCKETS[0]
_MOST_OUTCOMES = 50  # so that codes which an author makes up at run time do not grow without end
_REST = "other"


@dataclass(slots=True)
class Counter:
    """How often, how long in all (seconds), and how the durations spread over `BUCKETS`."""

    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))

    def add(self, seconds: float) -> None:
        """Count one."""
        self.seconds += seconds
        self.buckets[bisect_left(BUCKETS, seconds)] += 1

    @property
    def calls(self) -> int:
        """How many calls there were."""
        return sum(self.buckets)


class CallCounters:
    """An observer that counts."""

    def __init__(self) -> None:
        self.by_operation: dict[str, dict[str, dict[str, Counter]]] = {}
        """Counters by operation, outcome and protocol."""

    @property
    def by_key(self) -> dict[tuple[str, str, str], Counter]:
        """All counters, by operation, protocol and outcome."""
        return {
            (operation, protocol, outcome): counter
            for operation, by_outcome in self.by_operation.items()
            for outcome, by_protocol in by_outcome.items()
            for protocol, counter in by_protocol.items()
        }

    def __call__(self, operation: str) -> Observe:
        """Count the calls of one operation, by protocol and outcome."""
        by_outcome = self.by_operation.setdefault(operation, {})
        went_well = by_outcome.setdefault("ok", {})

        def observe(arrival: Arrival, outcome: str, seconds: float) -> None:
            by_protocol = went_well if outcome == "ok" else _of(by_outcome, outcome)
            protocol = arrival.protocol
            counter = by_protocol.get(protocol)
            if counter is None:
                counter = by_protocol[protocol] = Counter()
            counter.seconds += seconds
            # Most calls are in the first bucket.
            counter.buckets[bisect_left(BUCKETS, seconds) if seconds > _FIRST else 0] += 1

        return observe


def _of(by_outcome: dict[str, dict[str, Counter]], outcome: str) -> dict[str, Counter]:
    found = by_outcome.get(outcome)
    if found is None:
        found = by_outcome.setdefault(outcome if len(by_outcome) < _MOST_OUTCOMES else _REST, {})
    return found
