"""The circuit breaker: a service that keeps failing is left alone, and asked once a second whether it is back.

::

    closed ── 5 failures in a row, or half of 20 and more within 10 s ──► open ── 1 s ──► half open
       ▲                                                                   ▲                 │
       └───────────────────── the probe succeeds ──────────────────────────┼─────────────────┤
                                                                           └─ the probe fails ┘

Half open, exactly one request goes through: the probe. The others are refused as before.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from plugwright.upstream.windows import SlidingCounts

State = Literal["closed", "open", "half_open"]


class BreakerOpen(Exception):
    """The request is refused. ``retry_after`` seconds later a probe may have shown that the service is back."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("the breaker is open")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """When it opens, and for how long."""

    failures_in_a_row: int = 5
    failure_rate: float = 0.5
    least_requests: int = 20
    window_seconds: int = 10
    open_seconds: float = 1.0


class Permit(NamedTuple):
    """A request that was let through. What it came to is told to `Breaker.settle`."""

    era: int
    is_probe: bool


class Breaker:
    """The breaker of one service. ``clock`` gives seconds that only grow."""

    def __init__(self, clock: Callable[[], float], rules: BreakerRules | None = None) -> None:
        self._clock = clock
        self._rules = rules or BreakerRules()
        self._outcomes = SlidingCounts(self._rules.window_seconds, clock)
        self._failures = 0
        self._era = 0
        self._opened_at: float | None = None
        self._is_probing = False
        self.openings = 0
        """How often it has opened."""

    @property
    def state(self) -> State:
        """What it does with the next request: lets it through, refuses it, or makes it the probe."""
        if self._opened_at is None:
            return "closed"
        return "open" if self._is_probing or self._wait() > 0 else "half_open"

    def check(self) -> None:
        """Refuse what `admit` would refuse now.

        Raises:
            BreakerOpen: leave the service alone.
        """
        if self._opened_at is not None and self.state == "open":
            raise BreakerOpen(self._wait() or self._rules.open_seconds)

    def admit(self) -> Permit:
        """Let a request through.

        Raises:
            BreakerOpen: leave the service alone.
        """
        self.check()
        self._is_probing = self._opened_at is not None
        return Permit(self._era, self._is_probing)

    def settle(self, permit: Permit, *, went_well: bool | None) -> None:
        """Learn what a request came to; nothing where that says nothing about the service.

        What was sent before the breaker last opened or closed is out of date by now, and does not count.
        """
        if permit.era != self._era:
            return
        if permit.is_probe:
            self._is_probing = False
            if went_well is not None:
                self._turn(opened_at=None if went_well else self._clock())
        elif went_well is not None:
            self._count(went_well=went_well)

    def _count(self, *, went_well: bool) -> None:
        rules = self._rules
        if went_well:
            self._failures = 0
            self._outcomes.add(first=1)
            return
        self._failures += 1
        self._outcomes.add(second=1)
        successes, failures = self._outcomes.totals()
        requests = successes + failures
        is_mostly_failing = requests >= rules.least_requests and failures >= rules.failure_rate * requests
        if is_mostly_failing or self._failures >= rules.failures_in_a_row:
            self._turn(opened_at=self._clock())

    def _turn(self, opened_at: float | None) -> None:
        self._opened_at = opened_at
        self._era += 1
        self._failures = 0
        self._outcomes.clear()
        self.openings += opened_at is not None

    def _wait(self) -> float:
        return max(0.0, (self._opened_at or 0.0) + self._rules.open_seconds - self._clock())
