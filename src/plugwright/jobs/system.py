"""The queued work of one plugin: what is served of it, and what runs it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plugwright.calls.admission import Admission
from plugwright.calls.plan import compile_plan
from plugwright.calls.runtime import Runtime
from plugwright.jobs.dispatch import JobBroker, LocalBroker, receiving
from plugwright.jobs.operations import with_jobs
from plugwright.jobs.policy import policy_of
from plugwright.jobs.running import JobRunner
from plugwright.jobs.service import JobService
from plugwright.observe.life import Life
from plugwright.operations.operation import Operation
from plugwright.operations.registry import Registry
from plugwright.settings import Settings
from plugwright.store.database import Database

if TYPE_CHECKING:
    from plugwright.coordination.valkey import ValkeyClient

_PLENTY = 1_000_000  # places: how many jobs run at a time is bounded before


@dataclass(frozen=True, slots=True)
class JobSystem:
    """``service`` is what callers have of it, ``registry`` what is served instead of the author's."""

    service: JobService
    registry: Registry
    _broker: JobBroker
    _background: list[Operation]

    @asynccontextmanager
    async def running(self, runtime: Runtime, database: Database, life: Life, *, runs: bool) -> AsyncGenerator[None]:
        """Tell of new jobs while the block runs, and run them here if wished. The plugin's lifespan is open."""
        self.service.kick = self._broker.tell
        if not runs:
            yield
            return
        # Jobs take no places from calls.
        own = replace(runtime, admission=Admission(_PLENTY))
        runner = JobRunner(
            database=database,
            plans={
                operation.name: compile_plan(operation.handler, operation.output.encode, own)
                for operation in self._background
            },
            policy=self.service.policy,
            tally=self.service.tally,
            report=runtime.report,
            log=runtime.log,
            now=self.service.now,
        )
        async with receiving(self._broker, runner, life):
            yield


def make_jobs(
    registry: Registry,
    database: Database,
    settings: Settings,
    *,
    now: Callable[[], float],
    valkey: "ValkeyClient | None" = None,
    plugin: str = "",
) -> JobSystem:
    """The queued work of a plugin that has any.

    Raises:
        SetupError: the author has an operation of the same name as one of ours.
    """
    background = {name: operation for name, operation in registry.operations.items() if operation.is_background}
    service = JobService(database, background, policy_of(settings), now=now)
    served = with_jobs(registry, service, settings.public_url)
    return JobSystem(service, served, _broker(service.policy.poll, valkey, plugin), list(background.values()))


def _broker(poll: float, valkey: "ValkeyClient | None", plugin: str) -> JobBroker:
    if valkey is None:
        return LocalBroker(poll)
    # The client is loaded only where there is something to reach.
    from plugwright.coordination.names import Names  # noqa: PLC0415
    from plugwright.jobs.streams import StreamBroker  # noqa: PLC0415

    return StreamBroker(valkey, Names(plugin), poll)
