"""How long each step of an orderly end may take."""

from dataclasses import dataclass

from plugwright.settings import Settings

CANCELLED = 1.0  # seconds that cancelled calls have for their replies
LIFESPAN = 7.0  # seconds to close what the application opened; running jobs have 5 of them to end
_SPARE = 0.5
_NOTICE = 5.0  # seconds; what sends requests here looks at readiness every few


@dataclass(frozen=True, slots=True)
class Ending:
    """The seconds of each step.

    ``notice``: that new connections are still taken after readiness has said no. ``calls``: for calls in progress.
    ``grace``: for the next request of a connection that is open and has none.
    """

    notice: float = 0.0
    calls: float = 15.0
    grace: float = 1.0

    @property
    def total(self) -> float:
        """After these the process has ended in any case."""
        return self.notice + max(self.calls, self.grace) + CANCELLED + LIFESPAN + _SPARE


def ending_of(settings: Settings) -> Ending:
    """What the operator allows. In development nobody waits for probes, as there are none."""
    notice = settings.drain_delay
    if notice is None:
        notice = _NOTICE if settings.is_production else 0.0
    return Ending(notice, settings.drain_timeout)
