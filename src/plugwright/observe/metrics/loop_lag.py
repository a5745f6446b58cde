"""How late the event loop is: what every call waits for besides its own work."""

import asyncio
from collections.abc import Callable

from plugwright.observe.counters import Counter
from plugwright.observe.metrics.families import Metric, histogram

_PERIOD = 0.25  # seconds between two looks


class LoopLag:
    """Looks at its watch four times a second, and counts how late that was."""

    def __init__(self) -> None:
        self.durations = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin, in the running loop."""
        loop = asyncio.get_running_loop()
        self._next(loop.time, loop.call_later)

    def stop(self) -> None:
        """End."""
        if self._timer is not None:
            self._timer.cancel()

    def metrics(self) -> list[Metric]:
        """What it found."""
        text = "How late the event loop ran what was due, in seconds, looked at four times a second."
        return [histogram("plugwright_event_loop_lag_seconds", text, lambda: {(): self.durations})]

    def _next(self, clock: Callable[[], float], call_later: Callable[..., asyncio.TimerHandle]) -> None:
        due = clock() + _PERIOD

        def look() -> None:
            self.durations.add(max(0.0, clock() - due))
            self._next(clock, call_later)

        self._timer = call_later(_PERIOD, look)
