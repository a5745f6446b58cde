"""Answering scrapes: the figures of this process, or of all processes that share a directory."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from plugwright.observe.metrics.exposition import expose
from plugwright.observe.metrics.families import Metric, merged, take
from plugwright.observe.metrics.loop_lag import LoopLag

if TYPE_CHECKING:
    from plugwright.observe.metrics.shared_directory import SharedDirectory

_PERIOD = 1.0  # seconds between two writes for the other processes

Report = Callable[[str, str, BaseException], None]


class Scrapes:
    """What answers scrapes while `running`.

    ``directory`` is where the processes of one command put their figures together; nothing: there is only this one.
    """

    def __init__(self, metrics: Iterable[Metric], *, directory: Path | None, report: Report) -> None:
        self._lag = LoopLag()
        self._metrics = [*metrics, *self._lag.metrics()]
        self.families = [metric.family for metric in self._metrics]
        """All that a scrape may tell of."""
        self._report = report
        self._shared = None if directory is None else _shared(directory, self)

    async def page(self, accept: str) -> tuple[bytes, str]:
        """The figures in the format that fits an Accept header, and its media type.

        Raises:
            OSError: the directory cannot be used.
        """
        taken, snapshot = time.monotonic(), take(self._metrics)  # in the loop, where nothing changes meanwhile
        shared = self._shared

        def render() -> tuple[bytes, str]:
            if shared is None:
                values = merged(self.families, [snapshot])
            else:
                # What others are told of this process never runs behind what it has told itself: a counter that goes
                # back is taken for one that began anew.
                shared.write(snapshot, taken)
                values = shared.read()
            return expose(self.families, values, accept)

        return await asyncio.to_thread(render)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Measure the event loop, and tell the other processes once a second and at the end."""
        self._lag.start()
        try:
            if self._shared is None:
                yield
                return
            await asyncio.to_thread(self._shared.open)
            writing = asyncio.create_task(self._keep_written(self._shared))
            try:
                yield
            finally:
                writing.cancel()
                await asyncio.wait([writing])
                await self._write(self._shared)
                self._shared.close()
        finally:
            self._lag.stop()

    async def _keep_written(self, shared: "SharedDirectory") -> None:
        while True:
            await self._write(shared)
            await asyncio.sleep(_PERIOD)

    async def _write(self, shared: "SharedDirectory") -> None:
        try:
            await asyncio.to_thread(shared.write, take(self._metrics), time.monotonic())
        except OSError as error:
            # Figures are no reason to stop serving.
            self._report("metrics", "", error)


def _shared(directory: Path, scrapes: Scrapes) -> "SharedDirectory":
    # Locks on files are not there on every system; where one process serves alone, none are needed.
    from plugwright.observe.metrics.shared_directory import SharedDirectory  # noqa: PLC0415

    return SharedDirectory(directory, scrapes.families)
