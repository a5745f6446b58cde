"""Limits that all processes count together, in Valkey.

Asking it for every call would cost more than most calls. So of one caller a process asks once at a time, for all calls
that wait by then. One that uses up what it booked books more ahead, for a quarter of a second, and all processes
together at most a twenty-fifth of the limit. And who was refused is refused here until there is room, which nothing can
bring earlier.

While Valkey is away each process counts for itself, up to its share.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from plugwright.calls.limits import (
    Counted,
    LimitCounts,
    LocalLimiter,
    Standing,
    policy_header,
    refusal,
    standing_header,
)
from plugwright.calls.windows import MovingWindow
from plugwright.coordination.limits import SharedWindow, book
from plugwright.coordination.names import Names
from plugwright.coordination.valkey import Away, ValkeyClient
from plugwright.principal import Principal
from plugwright.web.asgi import Headers

_LIFE = 0.25  # seconds that booked calls may be used
_AHEAD = 25  # all processes together book at most this part of a limit ahead
_MOST_KNOWN = 10_000


@dataclass(slots=True)
class _Account:
    """What this process knows of one caller.

    How many calls wait, and for what; how many are booked, and may be used until when; until when there is no room for
    more; and what was left in Valkey at ``since``.
    """

    windows: list[SharedWindow]
    waiting: int = 0
    asking: "asyncio.Task[bool] | None" = None
    booked: int = 0
    until: float = 0.0
    ahead: int = 0
    closed_until: float = 0.0
    since: float = 0.0
    left: Sequence[tuple[int, float]] = ()


@dataclass(frozen=True, slots=True)
class Sharing:
    """Where limits are counted together: the way to Valkey, the names there, and how many processes there are."""

    client: ValkeyClient
    names: Names
    processes: int
    clock: Callable[[], float] = time.monotonic


class SharedLimiter:
    """Counts in Valkey; a call waits for it only where this process has nothing booked."""

    def __init__(self, counted: Sequence[Counted], sharing: Sharing) -> None:
        self._counted = counted
        self._sharing = sharing
        self._clock = sharing.clock
        self._policy = policy_header(counted)
        self._most_ahead = min(each.limit.calls for each in counted) // (_AHEAD * sharing.processes)
        self._local = LocalLimiter([_share(each, sharing.processes) for each in counted], sharing.clock)
        self._accounts: dict[tuple[str, ...], _Account] = {}
        self._counts = LimitCounts()

    @property
    def counts(self) -> Mapping[Literal["process", "valkey"], LimitCounts]:
        """What was decided; in this process while Valkey was away."""
        return {"valkey": self._counts, **self._local.counts}

    def admit(self, principal: Principal | None, address: str) -> Headers | Awaitable[Headers]:
        """Count a call, and give the header fields for its reply; or wait for them.

        Raises:
            TooManyCalls: there is no room for it.
        """
        account = self._account(tuple(each.key_of(principal, address) for each in self._counted))
        admitted = self._known(account)
        if admitted is not None:
            return admitted
        if self._sharing.client.is_away:
            return self._local.admit(principal, address)
        return self._asked(account, principal, address)

    def _known(self, account: _Account) -> Headers | None:
        """What this process knows by itself; nothing: Valkey has to be asked."""
        now = self._clock()
        if account.booked and now < account.until:
            account.booked -= 1
            self._counts.admitted += 1
            return self._headers(account, now)
        if now < account.closed_until:
            self._counts.refused += 1
            raise refusal(self._exceeded(account, now), self._policy)
        return None

    async def _asked(self, account: _Account, principal: Principal | None, address: str) -> Headers:
        account.waiting += 1
        try:
            while True:
                task = account.asking
                if task is None:
                    task = account.asking = asyncio.create_task(self._book(account))
                await asyncio.wait((task,))  # which leaves the task alone when whoever waits leaves
                if task.cancelled() or not task.result():
                    return self._local.admit(principal, address)
                admitted = self._known(account)
                if admitted is not None:
                    return admitted
        finally:
            account.waiting -= 1

    async def _book(self, account: _Account) -> bool:
        """Book calls for all who wait, and some ahead where those of last time were used up in time.

        Returns:
            Whether Valkey did it.
        """
        is_used_up = not account.booked and self._clock() < account.until
        account.ahead = min(2 * account.ahead + 1, self._most_ahead) if is_used_up else 0
        wanted = account.waiting + account.ahead
        try:
            booking = await book(self._sharing.client, account.windows, wanted)
        except Away:
            return False
        finally:
            account.asking = None
        now = account.since = self._clock()
        account.left = booking.left
        account.booked = booking.granted
        account.until = now + _LIFE
        if booking.granted < wanted:
            account.closed_until = now + max((each.wait for each in self._exceeded(account, now)), default=0.0)
        return True

    def _headers(self, account: _Account, now: float) -> Headers:
        passed = now - account.since
        return [
            self._policy,
            standing_header(
                Standing(counted, left + account.booked, max(0.0, wait - passed))
                for counted, (left, wait) in zip(self._counted, account.left, strict=True)
            ),
        ]

    def _exceeded(self, account: _Account, now: float) -> list[Standing]:
        passed = now - account.since
        return [
            Standing(counted, 0, max(0.0, wait - passed))
            for counted, (left, wait) in zip(self._counted, account.left, strict=True)
            if left == 0
        ]

    def _account(self, callers: tuple[str, ...]) -> _Account:
        account = self._accounts.get(callers)
        if account is None:
            if len(self._accounts) >= _MOST_KNOWN:
                # Nothing is lost but what was booked ahead.
                self._accounts.clear()
            windows = [self._window(each, caller) for each, caller in zip(self._counted, callers, strict=True)]
            account = self._accounts[callers] = _Account(windows)
        return account

    def _window(self, counted: Counted, caller: str) -> SharedWindow:
        # A limit that was changed begins anew.
        keys = self._sharing.names.limit(f"{counted.name}:{counted.limit.calls}", caller)
        return SharedWindow(keys, counted.limit.calls, counted.limit.window)


def _share(counted: Counted, processes: int) -> Counted:
    share = max(1, ceil(counted.limit.calls / processes))
    return replace(counted, window=MovingWindow(share, counted.limit.window))
