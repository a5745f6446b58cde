"""What happened with jobs in this process, for the operator."""

from collections import Counter


class JobTally:
    """Counters by operation, and of what is going on."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        """Calls that were queued here."""
        self.refused: Counter[str] = Counter()
        """Calls that were not, because the queue was full."""
        self.ended: Counter[tuple[str, str]] = Counter()
        """Attempts that ended here, by operation and outcome: ``succeeded``, ``failed``, ``retried``, ``handed_back``,
        or ``lost`` where the job had been cancelled or taken over."""
        self.running = 0
        """Attempts in progress here."""
