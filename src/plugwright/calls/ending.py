"""How calls end: one shape for whatever happened, told to who observes and to the protocol."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from plugwright.calls.questions import InputRequired
from plugwright.calls.runtime import Runtime
from plugwright.errors import CallTimeout, InternalError, KeptFailure, PlugwrightError
from plugwright.observe.events import REPLAYED, Arrival, Observe
from plugwright.web.deadline import ClientGone, DeadlinePassed


@dataclass(frozen=True, slots=True)
class Ending:
    """How the calls of one handler end: told to every observer, and to the protocol in one shape.

    ``of_refusals`` are the observers that also hear of calls that were refused before they began.
    """

    name: str
    timeout: float
    runtime: Runtime
    observers: Sequence[Observe]
    of_refusals: Sequence[Observe]

    def record(self, arrival: Arrival, outcome: str, started: float) -> None:
        """Tell the observers."""
        seconds = time.monotonic() - started
        for observe in self.observers:
            observe(arrival, outcome, seconds)

    def failure(self, error: BaseException, arrival: Arrival, started: float) -> BaseException:
        """Record a failed call; what its protocol gets to see."""
        outcome, shown = self.outcome(error, arrival)
        self.record(arrival, outcome, started)
        return shown

    def refuse(self, error: PlugwrightError, arrival: Arrival) -> None:
        """Record a call that its protocol refused."""
        for observe in self.of_refusals:
            observe(arrival, error.code, 0.0)
        if self.runtime.audit is not None:
            self.runtime.audit.refused(self.name, error, arrival)

    def outcome(self, error: BaseException, arrival: Arrival) -> tuple[str, BaseException]:
        """What a call is recorded as, and what its protocol gets to see: one shape for everything unforeseen."""
        match _leaf(error):
            case PlugwrightError() as known:
                return REPLAYED if isinstance(known, KeptFailure) else known.code, known
            case DeadlinePassed():
                late = CallTimeout(f"The operation did not finish within {self.timeout:g} s and was stopped")
                return late.code, late
            case InputRequired() as asked:
                return "input_required", asked
            case (ClientGone() | GeneratorExit() | KeyboardInterrupt()) as gone:
                return "cancelled", gone
            case asyncio.CancelledError() as cancelled if _is_asked_for():
                return "cancelled", cancelled
            case _:
                self.runtime.report(self.name, arrival.request_id, error)
                return InternalError.code, InternalError()


def _leaf(error: BaseException) -> BaseException:
    """What a task group wraps, where it wraps something that the call path knows."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    group = cast("BaseExceptionGroup[BaseException]", error)
    leaves = map(_leaf, group.exceptions)
    return next((leaf for leaf in leaves if isinstance(leaf, (InputRequired, PlugwrightError, ClientGone))), group)


def _is_asked_for() -> bool:
    """Whether the current task was cancelled itself, rather than something it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
