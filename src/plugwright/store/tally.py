"""What came of transactions, for the operator."""

from collections import Counter
from typing import Literal

from plugwright.observe.counters import Counter as Durations

Kind = Literal["read", "write"]


class DatabaseTally:
    """Counters of one database. Durations hold the wait for a connection."""

    def __init__(self) -> None:
        self.transactions: Counter[tuple[Kind, str]] = Counter()
        """By kind, and outcome: ``ok``, ``rolled_back`` by an exception, ``unavailable`` or ``cancelled``."""
        self.durations: dict[Kind, Durations] = {"read": Durations(), "write": Durations()}

    def add(self, kind: Kind, outcome: str, seconds: float) -> None:
        """Count a transaction."""
        self.transactions[kind, outcome] += 1
        self.durations[kind].add(seconds)
