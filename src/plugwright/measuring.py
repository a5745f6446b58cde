"""What is measured of an application, and where it is told."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugwright.calls.cache import CallCache
from plugwright.calls.limits import Limiter
from plugwright.calls.metrics import admission_metrics, cache_metrics, call_metrics, limit_metrics
from plugwright.calls.runtime import Runtime
from plugwright.observe.counters import CallCounters
from plugwright.observe.metrics.endpoint import MetricsEndpoint
from plugwright.observe.metrics.families import Metric
from plugwright.observe.metrics.listener import MetricsListener
from plugwright.observe.metrics.process import process_metrics
from plugwright.observe.metrics.scrapes import Scrapes
from plugwright.operations.identity import Identity
from plugwright.settings import Settings
from plugwright.upstream.metrics import upstream_metrics
from plugwright.web.asgi import ASGIApp
from plugwright.web.callers import Callers

if TYPE_CHECKING:
    from plugwright.auth.service import AuthService
    from plugwright.coordination.valkey import ValkeyClient
    from plugwright.jobs.metrics import JobMetrics
    from plugwright.jobs.system import JobSystem
    from plugwright.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The parts of an application that have figures."""

    identity: Identity
    runtime: Runtime
    counters: CallCounters
    limiters: Mapping[str, Limiter]
    cache: CallCache | None
    valkey: "ValkeyClient | None"
    database: "Database | None"
    auth: "AuthService | None"
    jobs: "JobSystem | None"


class Measuring:
    """The figures of an application, for who is told them: the plugin's own port, another, or nobody."""

    def __init__(self, measured: Measured, settings: Settings, callers: Callers) -> None:
        self.apps: dict[str, ASGIApp] = {}
        """What the plugin's own port serves, by path."""
        self._listener: MetricsListener | None = None
        self._scrapes: Scrapes | None = None
        if not settings.tells_metrics:
            return
        runtime = measured.runtime
        jobs = _of_jobs(measured)
        scrapes = self._scrapes = Scrapes(
            [*_metrics(measured), *(() if jobs is None else jobs.metrics())],
            directory=settings.metrics_directory,
            report=runtime.report,
            refresh=jobs and jobs.refresh,
        )
        if settings.shows_metrics:
            self.apps["/metrics"] = MetricsEndpoint(scrapes, callers=callers, next_request_id=runtime.next_request_id)
        if settings.metrics_port is not None:
            self._listener = MetricsListener(scrapes, settings.metrics_host, settings.metrics_port)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Measure, and answer on a port of its own where there is one.

        Raises:
            SetupError: that port cannot be used.
        """
        async with AsyncExitStack() as stack:
            if self._scrapes is not None:
                await stack.enter_async_context(self._scrapes.running())
            if self._listener is not None:
                await stack.enter_async_context(self._listener.running())
            yield


def _metrics(measured: Measured) -> list[Metric]:
    identity, runtime = measured.identity, measured.runtime
    found = [
        *process_metrics(identity.name, identity.version),
        *call_metrics(measured.counters),
        *admission_metrics(runtime.admission),
        *limit_metrics(measured.limiters),
        *upstream_metrics(runtime.upstreams),
    ]
    if measured.cache is not None:
        found += cache_metrics(measured.cache.flights)
    for more in (_of_valkey, _of_database, _of_auth):
        found += more(measured)
    return found


# What has a database, Valkey, sign-in or jobs has loaded these modules' own imports already; others do not load them.


def _of_valkey(measured: Measured) -> list[Metric]:
    if measured.valkey is None:
        return []
    from plugwright.coordination.metrics import valkey_metrics  # noqa: PLC0415 as above

    return valkey_metrics(measured.valkey)


def _of_database(measured: Measured) -> list[Metric]:
    if measured.database is None:
        return []
    from plugwright.store.metrics import database_metrics  # noqa: PLC0415 as above

    return database_metrics(measured.database)


def _of_auth(measured: Measured) -> list[Metric]:
    if measured.auth is None or measured.auth.server is None:
        return []
    from plugwright.auth.metrics import auth_metrics  # noqa: PLC0415 as above

    return auth_metrics(measured.auth.server.tally)


def _of_jobs(measured: Measured) -> "JobMetrics | None":
    if measured.jobs is None:
        return None
    from plugwright.jobs.metrics import JobMetrics  # noqa: PLC0415 as above

    return JobMetrics(measured.jobs.service)
