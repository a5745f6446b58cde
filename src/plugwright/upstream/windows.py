"""Counting what happened within the last seconds."""

from collections import deque
from collections.abc import Callable


class SlidingCounts:
    """Counts of two kinds of events over the last ``seconds``, in slots of one second."""

    def __init__(self, seconds: int, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._slots: deque[list[int]] = deque()
        self._totals = [0, 0]

    def add(self, first: int = 0, second: int = 0) -> None:
        """Count events of the first and of the second kind, now."""
        now = int(self._clock())
        self._expire(now)
        if not self._slots or self._slots[-1][0] != now:
            self._slots.append([now, 0, 0])
        slot = self._slots[-1]
        slot[1] += first
        slot[2] += second
        self._totals[0] += first
        self._totals[1] += second

    def totals(self) -> tuple[int, int]:
        """How many there were of each kind."""
        self._expire(int(self._clock()))
        return self._totals[0], self._totals[1]

    def clear(self) -> None:
        """Forget all of them."""
        self._slots.clear()
        self._totals = [0, 0]

    def _expire(self, now: int) -> None:
        while self._slots and self._slots[0][0] <= now - self._seconds:
            _, first, second = self._slots.popleft()
            self._totals[0] -= first
            self._totals[1] -= second
