"""Awaiting something that must end at a deadline, or when the client leaves.

What answers from memory never waits. So the first step runs before anything is armed: only what really waits
costs a timer and a watcher.
"""

import asyncio
import time
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

Gone = Callable[[], Awaitable[None]]


class DeadlinePassed(Exception):
    """The deadline passed; the work was cancelled."""


class ClientGone(BaseException):
    """The client left before the answer. Not an `Exception`: nobody is there to tell."""


class _Guard:
    """Cancels the current task at the deadline or when the client leaves, and knows which it was."""

    __slots__ = ("_task", "_timer", "_watcher", "reason")

    def __init__(self, deadline: float, gone: Gone | None) -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("a call runs inside an asyncio task")
        self._task: asyncio.Task[Any] = task
        self.reason: type[BaseException] | None = None
        self._timer = loop.call_later(max(0.0, deadline - time.monotonic()), self._end, DeadlinePassed)
        self._watcher = loop.create_task(self._watch(gone)) if gone else None

    async def _watch(self, gone: Gone) -> None:
        await gone()
        self._end(ClientGone)

    def _end(self, reason: type[BaseException]) -> None:
        if self.reason is None:
            self.reason = reason
            self._task.cancel()

    def disarm(self) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()

    def error(self) -> BaseException | None:
        """The error that a cancellation of ours stands for; nothing for somebody else's."""
        if self.reason is None or self._task.uncancel() > 0:
            return None
        return self.reason()


async def run_within(work: Coroutine[Any, Any, Any], deadline: float, gone: Gone | None) -> Any:
    """Await ``work``, ending it at ``deadline`` (monotonic clock, seconds) or when ``gone`` returns.

    Raises:
        DeadlinePassed: the deadline passed; the work was cancelled.
        ClientGone: the client left; the work was cancelled.
    """
    try:
        waiting = work.send(None)
    except StopIteration as done:
        return done.value
    return await finish_within(work, waiting, deadline, gone)


@types.coroutine
def finish_within(
    work: Coroutine[Any, Any, Any], waiting: Any, deadline: float, gone: Gone | None
) -> Generator[Any, Any, Any]:
    """Await the rest of ``work`` after its first step, which waits for ``waiting``; otherwise as `run_within`."""
    guard = _Guard(deadline, gone)
    try:
        while True:
            try:
                sent = yield waiting
            except BaseException as error:  # noqa: BLE001 whatever is thrown in belongs to the work
                waiting = work.throw(error)
            else:
                waiting = work.send(sent)
    except StopIteration as done:
        if (late := guard.error()) is not None:
            raise late from None
        return done.value
    except asyncio.CancelledError:
        if (late := guard.error()) is not None:
            raise late from None
        raise
    finally:
        guard.disarm()
        work.close()
