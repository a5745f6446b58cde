"""Counts of what happens besides calls: sign-ins, tokens, refusals."""

from collections import Counter


class Tally:
    """Counters by event and outcome, kept for the operator."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        """Counts by event and outcome."""

    def add(self, event: str, outcome: str) -> None:
        """Count one."""
        self.counts[event, outcome] += 1
