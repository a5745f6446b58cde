"""How jobs are kept, tried and bounded: what an operator sets."""

from dataclasses import dataclass

from plugwright.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPolicy:
    """Numbers of jobs, and durations in seconds.

    ``queued`` wait at most in all, ``concurrency`` run in one process. ``attempts`` is how often a job is begun.
    ``lease``: whoever has not been heard of for so long is dead. ``kept``: how long an end is remembered. ``poll``:
    how often the store is looked at for what no message told of. ``grace``: how long running jobs may go on when their
    process ends.
    """

    queued: int = 1000
    concurrency: int = 4
    attempts: int = 3
    lease: float = 15.0
    kept: float = 86_400.0
    poll: float = 1.0
    grace: float = 5.0

    @property
    def beat(self) -> float:
        """How often a running job is heard of."""
        return min(1.0, self.lease / 4)


def policy_of(settings: Settings) -> JobPolicy:
    """The policy that the settings say."""
    return JobPolicy(
        queued=settings.jobs_queued,
        concurrency=settings.jobs_concurrency,
        attempts=settings.jobs_attempts,
        lease=settings.jobs_lease,
        kept=settings.jobs_kept,
    )
