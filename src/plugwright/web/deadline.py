"""Awaiting something that must end at a deadline, or when the client leaves.

What answers from memory never waits. So the first step runs before anything is armed: only what really waits
costs a timer and a watcher.
"""

import asyncio
import time
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

from plugwright.web.asgi import Receive

_AGAIN = 1.0  # seconds

Gone = Callable[[], Awaitable[None]]


class DeadlinePassed(Exception):
    """The deadline passed; the work was cancelled."""


class ClientGone(BaseException):
    """The client left before the answer. Not an `Exception`: nobody is there to tell."""


async def client_left(receive: Receive) -> None:
    """Wait until the client, whose request has been read, has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


class _Guard:
    """Cancels the current task at the deadline or when the client leaves, and knows which it was."""

    __slots__ = ("_cancels", "_loop", "_reason", "_task", "_timer", "_watcher")

    def __init__(self, deadline: float, gone: Gone | None) -> None:
        self._loop = asyncio.get_running_loop()
        task = asyncio.current_task(self._loop)
        if task is None:
            raise RuntimeError("a call runs inside an asyncio task")
        self._task: asyncio.Task[Any] = task
        self._cancels = 0
        self._reason: type[BaseException] | None = None
        self._timer = self._loop.call_later(max(0.0, deadline - time.monotonic()), self._end, DeadlinePassed)
        self._watcher = self._loop.create_task(self._watch(gone)) if gone else None

    async def _watch(self, gone: Gone) -> None:
        await gone()
        self._end(ClientGone)

    def _end(self, reason: type[BaseException]) -> None:
        if self._reason is None:
            self._reason = reason
            self._timer.cancel()
            self._cancel()

    def _cancel(self) -> None:
        # Work that swallows its cancellation and waits on is cancelled again.
        self._cancels += 1
        self._task.cancel()
        self._timer = self._loop.call_later(_AGAIN, self._cancel)

    def settle(self) -> BaseException | None:
        """Disarm, and take our cancellations back; the error that they stand for, or nothing when there was none."""
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        for _ in range(self._cancels):
            self._task.uncancel()
        return self._reason() if self._reason is not None else None


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
    result: Any = None
    failure: BaseException | None = None
    try:
        while True:
            try:
                sent = yield waiting
            except BaseException as error:  # noqa: BLE001 whatever is thrown in belongs to the work
                waiting = work.throw(error)
            else:
                waiting = work.send(sent)
    except StopIteration as done:
        result = done.value
    except BaseException as error:  # noqa: BLE001 raised again below, unless it is our own cancellation
        failure = error
    finally:
        late = guard.settle()
        work.close()
    if late is not None:
        raise late from failure
    if failure is not None:
        raise failure
    return result
