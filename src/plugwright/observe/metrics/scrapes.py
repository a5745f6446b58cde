"""Answering scrapes: the figures of this process, or of all processes that share a directory."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from plugwright.observe.metrics.exposition import expose
from plugwright.observe.metrics.families import Metric, merged, take
from plugwright.observe.metrics.loop_lag import LoopLag

if TYPE_CHECKING:
    from plugwright.observe.metrics.shared_directory import SharedDirectory

_PERIOD = 1.0  # seconds between two writes for the other processes

_REFRESH = 10.0  # seconds between two looks at what is elsewhere

Report = Callable[[str, str, BaseException], None]
Refresh = Callable[[], Awaitable[None]]


class Scrapes:
    """What answers scrapes while `running`.

    ``directory`` is where the processes of one command put their figures together; nothing: there is only this one.
    ``refresh`` reads now and then what cannot be read at a scrape.
    """

    def __init__(
        self, metrics: Iterable[Metric], *, directory: Path | None, report: Report, refresh: Refresh | None = None
    ) -> None:
        self._lag = LoopLag()
        self._metrics = [*metrics, *self._lag.metrics()]
        self.families = [metric.family for metric in self._metrics]
        """All that a scrape may tell of."""
        self._report = report
        self._refresh = refresh
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
        async with AsyncExitStack() as stack:
            self._lag.start()
            stack.callback(self._lag.stop)
            if self._refresh is not None:
                await stack.enter_async_context(self._repeating(self._refresh, _REFRESH))
            if self._shared is not None:
                await asyncio.to_thread(self._shared.open)
                stack.callback(self._shared.close)
                stack.push_async_callback(self._write)
                await stack.enter_async_context(self._repeating(self._write, _PERIOD))
            yield

    @asynccontextmanager
    async def _repeating(self, do: Refresh, period: float) -> AsyncGenerator[None]:
        async def repeat() -> None:
            while True:
                await do()
                await asyncio.sleep(period)

        task = asyncio.create_task(repeat())
        task.add_done_callback(self._ended)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    def _ended(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._report("metrics", "", error)

    async def _write(self) -> None:
        if self._shared is None:
            return
        try:
            await asyncio.to_thread(self._shared.write, take(self._metrics), time.monotonic())
        except OSError as error:
            # Figures are no reason to stop serving.
            self._report("metrics", "", error)


def _shared(directory: Path, scrapes: Scrapes) -> "SharedDirectory":
    # Locks on files are not there on every system; where one process serves alone, none are needed.
    from plugwright.observe.metrics.shared_directory import SharedDirectory  # noqa: PLC0415

    return SharedDirectory(directory, scrapes.families)
