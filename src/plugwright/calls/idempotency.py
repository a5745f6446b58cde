"""The step of calls with an idempotency key: each runs once, and whoever repeats it gets its answer again.

A call runs apart from its request: when the client leaves, which is what keys are for, it goes on to its end and its
answer is kept.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from plugwright.calls.call import Exchange
from plugwright.calls.idempotency_keys import read_key
from plugwright.operations.operation import Operation
from plugwright.store.on_demand import DatabaseOnDemand
from plugwright.web.asgi import Headers
from plugwright.web.replies import REPLAYED

_CLOSING = 10.0  # seconds that runs may take when the plugin stops

Attempt = Callable[[], Coroutine[Any, Any, bytes]]
"""Runs the handler within its deadline: its encoded answer, or an exception of the call path."""

InTurn = Callable[[Attempt], Coroutine[Any, Any, bytes]]
"""Runs work when there is a place for it among the calls in progress."""


class KeptAnswer(bytes):
    """The answer of an earlier call with the same key."""

    __slots__ = ()


def told_again(answer: bytes) -> Headers:
    """What the reply says of an answer besides: whether it is of an earlier call."""
    return [REPLAYED] if isinstance(answer, KeptAnswer) else []


@dataclass(frozen=True, slots=True)
class KeyedCalls:
    """The calls of a plugin that have keys.

    ``secrets`` are the operator's, the present one first. ``retention`` is for how many seconds answers are kept.
    ``report`` logs what no caller learns. ``running`` are the tasks that go on whoever waits.
    """

    plugin: str
    secrets: Sequence[str] = field(repr=False)
    retention: float
    database: DatabaseOnDemand
    now: Callable[[], float]
    report: Callable[[str, str, BaseException], None]
    running: set["asyncio.Task[Any]"] = field(default_factory=set["asyncio.Task[Any]"])

    def step(self, operation: Operation) -> "KeyedStep | None":
        """The step of one operation; nothing where a repeat is harmless."""
        if not operation.takes_key:
            return None
        return KeyedStep(
            self,
            operation.name,
            operation.handler.timeout,
            may_repeat=operation.idempotent,
            is_queued=operation.is_background,
        )

    def begin(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Run something to its end, whoever waits for it."""
        task = asyncio.create_task(work)
        self.running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def close(self) -> None:
        """Wait a while for what runs, and end the rest: the outcome of such a call is unknown. Close the database."""
        if self.running:
            _, late = await asyncio.wait(self.running, timeout=_CLOSING)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self.database.close()

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self.running.discard(task)
        if not task.cancelled():
            task.exception()  # known to whoever waits, and of interest to nobody else


@dataclass(frozen=True, slots=True)
class KeyedStep:
    """The step of one operation.

    ``may_repeat``: its author says that a repeat has no further effect. ``is_queued``: a call is answered with a job.
    """

    calls: KeyedCalls
    operation: str
    timeout: float
    may_repeat: bool
    is_queued: bool

    async def answer(self, text: str, raw: bytes | str, exchange: Exchange, in_turn: InTurn, attempt: Attempt) -> bytes:
        """The answer of a call with the key in ``text``: of its run, or a `KeptAnswer`.

        Raises:
            IdempotencyKeyError: the key is malformed, used for something else, or its call is running or was lost.
            KeptFailure: its run has failed.
            Unavailable: the database cannot be reached, or there is no place for the call; nothing was run.
        """
        # The database is loaded by the first call that needs it.
        from plugwright.calls.keyed_runs import KeyedRun  # noqa: PLC0415

        run = KeyedRun.of(self, read_key(text, exchange.principal), raw, exchange)
        task = self.calls.begin(in_turn(lambda: run.once(attempt)))
        await asyncio.wait((task,))  # which leaves the task alone when whoever waits leaves
        return task.result()
