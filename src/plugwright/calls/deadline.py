"""Running a handler so that its deadline, and its client's leaving, end it.

Most handlers that answer from memory never wait. So the handler's first step runs before anything is armed:
only a handler that really waits costs a timer and a watcher.
"""

import asyncio
import time
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

from plugwright.errors import CallTimeout


class ClientGone(BaseException):
    """The client left before the answer. Not an `Exception`: nobody is there to tell."""


class _Guard:
    """Cancels the current task at the deadline or when the client leaves, and knows which it was."""

    __slots__ = ("_gone", "_task", "_timer", "_watcher", "reason")

    def __init__(self, deadline: float, gone: Callable[[], Awaitable[None]] | None) -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("a call runs inside an asyncio task")
        self._task: asyncio.Task[Any] = task
        self._gone = gone
        self.reason: type[BaseException] | None = None
        self._timer = loop.call_later(max(0.0, deadline - time.monotonic()), self._end, CallTimeout)
        self._watcher = loop.create_task(self._watch(gone)) if gone else None

    async def _watch(self, gone: Callable[[], Awaitable[None]]) -> None:
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
        return (
            CallTimeout("The operation took too long and was stopped")
            if self.reason is CallTimeout
            else ClientGone()
        )


@types.coroutine
def run_within(
    work: Coroutine[Any, Any, Any], deadline: float, gone: Callable[[], Awaitable[None]] | None
) -> Generator[Any, Any, Any]:
    """Await ``work``, ending it at ``deadline`` (monotonic clock, seconds) or when ``gone`` returns.

    Raises:
        CallTimeout: the deadline passed; the handler was cancelled.
        ClientGone: the client left; the handler was cancelled.
    """
    try:
        waiting = work.send(None)
    except StopIteration as done:
        return done.value
    guard = _Guard(deadline, gone)
    try:
        while True:
            try:
                sent = yield waiting
            except BaseException as error:  # noqa: BLE001 whatever is thrown in belongs to the handler
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
