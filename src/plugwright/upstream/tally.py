"""What happened with the requests to one upstream, for the operator."""

from collections import Counter
from typing import Literal

from plugwright.observe.counters import Counter as Durations


class UpstreamTally:
    """Counters of one upstream."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        """What was asked for, repeats not counted, by outcome: ``ok``, an error's code, or ``cancelled``."""
        self.attempts: Counter[str] = Counter()
        """What was sent, by outcome: ``ok``, the way it failed, or ``given_up`` at a deadline."""
        self.retries = 0
        """How many of the attempts were repeats."""
        self.refused: Counter[str] = Counter()
        """What was not sent: ``breaker_open``, ``full``, or as a repeat by ``budget``."""
        self.durations = Durations()
        """How long attempts took, answered or not."""

    def add_attempt(self, outcome: str, seconds: float) -> None:
        """Count an attempt."""
        self.attempts[outcome] += 1
        self.durations.add(seconds)

    def refuse(self, reason: Literal["breaker_open", "full", "budget"]) -> None:
        """Count what was not sent."""
        self.refused[reason] += 1
