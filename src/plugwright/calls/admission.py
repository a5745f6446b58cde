"""Admission: how many calls are in progress at a time, in the process and of one operation, and how long others queue.

A call is in progress while its handler waits for something. A handler that answers in its first step takes no place and
never queues. So the first step of an operation that has never waited runs always; one that has is known to need a
place, and begins when there is one. Health, sign-in, tokens and documents are served apart from calls, and need none.

A queue that does not empty is no burst but overload: waiting in it makes every call late and none more. Who comes then
waits no longer than a quarter of what a call takes, so that what is accepted stays quick and the rest is refused at
once (the controlled delay of RFC 8289, with refusals in place of drops).
"""

import asyncio
import contextlib
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from typing import Any

from plugwright.errors import Unavailable
from plugwright.observe.counters import Counter as Durations

_QUEUED_PER_PLACE = 10
_LONGEST_PAUSE = 3.0  # seconds, so that those who were refused do not return together
_BURST = 0.1  # seconds; a queue that has stood for longer stands for good
_CALM = 1.0  # seconds without a refusal until there may be a burst again
_SHORT = 0.25  # of what a call takes: how long it may queue then
_WEIGHT = 0.1  # of the last call in what is known of durations


class Places:
    """So many places. ``is_full`` says whether a call would have to queue; ``patience`` is how many seconds it may.

    ``refused`` counts by reason who got none: ``queue_full``, ``no_time`` where that was foreseen, else ``timeout``.
    ``waits`` is how long those queued who did.
    """

    __slots__ = (
        "_calm_at",
        "_clock",
        "_held",
        "_queue",
        "_queues_since",
        "is_full",
        "most",
        "patience",
        "refused",
        "running",
        "waits",
    )

    def __init__(self, most: int, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self.patience = patience
        self.running = 0
        self.is_full = False
        self.refused: Counter[str] = Counter()
        self.waits = Durations()
        self._clock = clock
        self._held = 0.0
        self._queues_since = 0.0
        self._calm_at = 0.0
        self._queue: deque[asyncio.Future[bool]] = deque()

    @property
    def queued(self) -> int:
        """How many wait for a place."""
        return len(self._queue)

    def enter(self) -> None:
        """Take a place, even where there is none: what has begun is not stopped."""
        self.running += 1
        self.is_full = self.running >= self.most

    def leave(self, seconds: float) -> None:
        """Give back a place that was held so long."""
        self._held += _WEIGHT * (seconds - self._held)
        self.release()

    def release(self) -> None:
        """Give a place to the next."""
        while self._queue and self.running <= self.most:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(True)
                return
        self.running -= 1
        self.is_full = self.running >= self.most

    async def take(self, latest: float) -> None:
        """Wait for a place until ``latest``, in seconds of the clock.

        Raises:
            Unavailable: there is none until then, or will not be as far as can be told.
        """
        if not self.is_full:
            self.enter()
            return
        now = self._clock()
        wait = self._held * (len(self._queue) + 1) / self.most
        if len(self._queue) >= _QUEUED_PER_PLACE * self.most:
            raise self._refusal("queue_full")
        if wait >= min(latest - now, self._limit(now)):
            raise self._refusal("no_time")
        has_turn = await self._turn(min(latest - now, self.patience))
        self.waits.add(self._clock() - now)
        if not has_turn:
            raise self._refusal("timeout")

    def _limit(self, now: float) -> float:
        """How many seconds of waiting are worth while for who comes now."""
        if not self._queue:
            self._queues_since = now
        if now >= self._calm_at and now - self._queues_since <= _BURST:
            return self.patience
        return min(self.patience, _SHORT * self._held)

    async def _turn(self, seconds: float) -> bool:
        """Whether there was a place within the time."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[bool] = loop.create_future()
        self._queue.append(turn)
        timer = loop.call_later(seconds, self._give_up, turn)
        try:
            return await turn
        except BaseException:
            if turn.done() and not turn.cancelled() and turn.result():
                self.release()  # its turn came as it left
            else:
                self._forget(turn)
            raise
        finally:
            timer.cancel()

    def _refusal(self, reason: str) -> Unavailable:
        self.refused[reason] += 1
        self._calm_at = self._clock() + _CALM
        pause = random.uniform(0, _LONGEST_PAUSE)  # noqa: S311 no secret
        return Unavailable("Too many calls are in progress; try again", retry_after=pause)

    def _give_up(self, turn: "asyncio.Future[bool]") -> None:
        if not turn.done():
            self._forget(turn)
            turn.set_result(False)

    def _forget(self, turn: "asyncio.Future[bool]") -> None:
        with contextlib.suppress(ValueError):
            self._queue.remove(turn)


class Entrance:
    """The way in for the calls of one operation.

    ``everyone`` are the places of the process, ``own`` those of the operation; the same where it has none of its own.
    ``waits``: whether its calls are known to need a place.
    """

    __slots__ = ("_clock", "_duration", "everyone", "own", "waits")

    def __init__(self, everyone: Places, own: Places, *, waits: bool, clock: Callable[[], float]) -> None:
        self.everyone = everyone
        self.own = own
        self.waits = waits
        self._clock = clock
        self._duration = 0.0

    def enter(self) -> None:
        """Note that a call is in progress which has begun already."""
        self.waits = True
        self.everyone.enter()
        if self.own is not self.everyone:
            self.own.enter()

    def leave(self, started: float) -> None:
        """Note that a call has ended that began then."""
        seconds = self._clock() - started
        self._duration += _WEIGHT * (seconds - self._duration)
        self.everyone.leave(seconds)
        if self.own is not self.everyone:
            self.own.leave(seconds)

    async def run(self, work: Callable[[], Coroutine[Any, Any, Any]], deadline: float) -> Any:
        """Run work in its turn.

        Raises:
            Unavailable: it would not come in time, or too late to be done before the deadline.
        """
        latest = deadline - self._duration
        if self.own is not self.everyone:
            await self.own.take(latest)
        try:
            await self.everyone.take(latest)
        except BaseException:
            if self.own is not self.everyone:
                self.own.release()
            raise
        started = self._clock()
        try:
            return await work()
        finally:
            self.leave(started)


class Admission:
    """The places of a process, ``most`` of them; who finds none waits at most ``patience`` seconds."""

    def __init__(self, most: int = 256, patience: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.places = Places(most, patience, clock)
        self.own: dict[str, Places] = {}
        """The places of operations that have some of their own, by name."""
        self._clock = clock

    def entrance(self, operation: str, concurrency: int | None, *, waits: bool) -> Entrance:
        """The way in for one operation, with a bound of its own or without."""
        everyone = own = self.places
        if concurrency is not None:
            own = self.own[operation] = Places(concurrency, everyone.patience, self._clock)
        return Entrance(everyone, own, waits=waits, clock=self._clock)
