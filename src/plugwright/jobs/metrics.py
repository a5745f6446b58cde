"""What is measured of queued calls."""

from collections.abc import Callable, Mapping

from plugwright.errors import Unavailable
from plugwright.jobs.service import JobService
from plugwright.observe.metrics.families import Family, Metric, Values, counter, gauge, one
from plugwright.store.jobs import Backlog

_OWN = ("operation",)


class JobMetrics:
    """The figures of one plugin's jobs. How many are queued is in the store: `refresh` reads that now and then."""

    def __init__(self, service: JobService) -> None:
        self._service = service
        self._backlog: Backlog | None = None

    async def refresh(self) -> None:
        """Look how much there is to do."""
        try:
            self._backlog = await self._service.backlog()
        except Unavailable:
            self._backlog = None  # nobody knows now

    def metrics(self) -> list[Metric]:
        """What is told."""
        tally = self._service.tally
        return [
            counter("plugwright_jobs_accepted", "Calls that were queued.", lambda: _by_name(tally.accepted), _OWN),
            counter(
                "plugwright_jobs_refused",
                "Calls that were not queued, as the queue was full.",
                lambda: _by_name(tally.refused),
                _OWN,
            ),
            counter(
                "plugwright_job_attempts",
                "Attempts at jobs that ended: succeeded, failed, retried, handed_back, lost.",
                lambda: {key: float(value) for key, value in tally.ended.items()},
                (*_OWN, "outcome"),
            ),
            gauge("plugwright_jobs_running", "Jobs that these processes run.", one(lambda: tally.running)),
            _of_store("plugwright_jobs_queued", "Jobs that wait for their turn, in all.", self._queued),
            _of_store("plugwright_jobs_queue_age_seconds", "How long the first of them has waited.", self._age),
        ]

    def _queued(self) -> Values:
        return {} if self._backlog is None else {(): self._backlog.queued}

    def _age(self) -> Values:
        if self._backlog is None:
            return {}
        oldest = self._backlog.oldest
        return {(): 0.0 if oldest is None else max(0.0, self._service.now() - oldest)}


def _of_store(name: str, text: str, read: Callable[[], Values]) -> Metric:
    # Every process sees the same store.
    return Metric(Family(name, "gauge", text, across="max"), read)


def _by_name(counts: Mapping[str, int]) -> Values:
    return {(name,): float(value) for name, value in counts.items()}
