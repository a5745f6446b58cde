"""Whether a process can serve now: its stage, and a look at each part that it depends on."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from plugwright.errors import PlugwrightError
from plugwright.observe.life import Life, Stage

FRESH = 0.5  # seconds that a look is good for, so that strangers who ask cannot keep a database busy
_TOLERATED = 1  # failures in a row that may be chance

Status = Literal["ready", "degraded", "unavailable", "starting", "draining"]


class PartFailing(PlugwrightError):
    """A part does not do what it should; the message is a word for the report."""


class PartUnknown(PlugwrightError):
    """It cannot be told now; what was so a moment ago still counts."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something a plugin depends on.

    ``check`` raises if it fails, `PlugwrightError` where that was to be expected. A part that is not needed makes the
    process no less ready. ``when_late`` is what a check says that does not end; ``unknown`` changes nothing.
    """

    name: str
    check: Callable[[], Awaitable[None]]
    is_needed: bool = True
    within: float = 1.0  # seconds
    when_late: str = "unavailable"


@dataclass(frozen=True, slots=True)
class Report:
    """What was found: ``parts`` says of each ``ok`` or what is wrong, ``failing`` those that make it unready."""

    status: Status
    parts: Mapping[str, str]
    failing: Sequence[str] = ()

    @property
    def is_ready(self) -> bool:
        """Whether requests should be sent here."""
        return self.status in {"ready", "degraded"}


class _Probe:
    """A part under watch. A check that hangs is waited for again, not started beside itself."""

    def __init__(self, part: Part, report: Callable[[str, str, BaseException], None]) -> None:
        self.part = part
        self._report = report
        self.state = "ok"
        self._failures = 0
        self._running: asyncio.Future[None] | None = None

    @property
    def is_down(self) -> bool:
        """Whether it has failed too often to be chance."""
        return self._failures > _TOLERATED

    async def look(self) -> None:
        """Check once."""
        if self._running is None or self._running.done():
            self._running = asyncio.ensure_future(self.part.check())
        done, _ = await asyncio.wait((self._running,), timeout=self.part.within)
        self.state = self._outcome(self._running) if done else self.part.when_late
        if self.state != "unknown":
            self._failures = 0 if self.state == "ok" else self._failures + 1

    async def close(self) -> None:
        """End a check that hangs."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait((self._running,))

    def _outcome(self, check: "asyncio.Future[None]") -> str:
        error = asyncio.CancelledError() if check.cancelled() else check.exception()
        if error is None:
            return "ok"
        if isinstance(error, PartUnknown):
            return "unknown"
        if isinstance(error, PartFailing):
            return error.message
        if not isinstance(error, (PlugwrightError, asyncio.CancelledError)):
            self._report("readiness", "", error)
        return "unavailable"


class Readiness:
    """Looks at the parts, at most twice a second and once at a time, whoever asks how often."""

    def __init__(
        self,
        life: Life,
        parts: Sequence[Part],
        *,
        report: Callable[[str, str, BaseException], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._life = life
        self._probes = [_Probe(part, report) for part in parts]
        self._clock = clock
        self._look: asyncio.Future[list[None]] | None = None
        self._fresh_until = float("-inf")

    async def report(self) -> Report:
        """What is so now, or was a moment ago."""
        if self._life.stage is Stage.STARTING:
            return Report("starting", {})
        if self._life.stage is Stage.DRAINING:
            return Report("draining", {})
        if self._look is None and self._clock() >= self._fresh_until:
            self._look = look = asyncio.gather(*(probe.look() for probe in self._probes))
            look.add_done_callback(self._seen)
        if self._look is not None:
            await asyncio.shield(self._look)
        return self._found()

    async def close(self) -> None:
        """End what is being looked at."""
        for probe in self._probes:
            await probe.close()

    def _seen(self, _: "asyncio.Future[list[None]]") -> None:
        self._look = None
        self._fresh_until = self._clock() + FRESH

    def _found(self) -> Report:
        parts = {probe.part.name: probe.state for probe in self._probes}
        down = [probe.part for probe in self._probes if probe.is_down]
        failing = [part.name for part in down if part.is_needed]
        status: Status = "unavailable" if failing else "degraded" if down else "ready"
        return Report(status, parts, failing)
