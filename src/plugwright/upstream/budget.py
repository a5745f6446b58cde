"""How many requests may be repeats: a share of all, so that repeats never become the load that keeps a service down.

A fixed number of tries multiplies the traffic by that number just when the service is weakest.
"""

from collections.abc import Callable

from plugwright.upstream.windows import SlidingCounts

_SHARE = 0.1
_FLOOR = 3  # so that a service that is seldom asked is asked again all the same
_WINDOW_SECONDS = 10


class RetryBudget:
    """At most a tenth more requests within ten seconds, or three where that is less."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._counts = SlidingCounts(_WINDOW_SECONDS, clock)

    def count_request(self) -> None:
        """Count a request that is no repeat."""
        self._counts.add(first=1)

    @property
    def left(self) -> int:
        """How many repeats there are in the budget."""
        requests, repeats = self._counts.totals()
        return max(0, int(max(_FLOOR, _SHARE * requests)) - repeats)

    def take(self) -> bool:
        """Take one repeat out of the budget, if there is one."""
        if self.left < 1:
            return False
        self._counts.add(second=1)
        return True
