"""Verified tokens, remembered for less than a second by the digest of the header that carried them.

The time bounds how long a revocation may take to reach a process that did not see it. The token itself is not kept.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from plugwright.auth.verifiers import Verified
from plugwright.principal import Principal

REMEMBERED_FOR = 0.8  # seconds; with the time of one look-up a revocation is everywhere within one second
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class _Entry:
    principal: Principal
    since: float
    until: float


class Remembered:
    """Principals by digest; concurrent questions about one token are asked once."""

    def __init__(self, *, now: Callable[[], float], most: int = _MOST_REMEMBERED) -> None:
        self._now = now
        self._most = most
        self._entries: dict[bytes, _Entry] = {}
        self._asked: dict[bytes, asyncio.Task[Verified]] = {}
        self._forgotten = 0

    def get(self, authorization: bytes) -> Principal | None:
        """Whom a header stands for, if that is known for certain now."""
        entry = self._entries.get(sha256(authorization).digest())
        # A clock that was set back must not make an entry live longer.
        if entry is not None and entry.since <= self._now() < entry.until:
            return entry.principal
        return None

    async def ask(self, authorization: bytes, verify: Callable[[], Coroutine[Any, Any, Verified]]) -> Principal:
        """Whom a header stands for, found out by ``verify``, whose exceptions are raised and never remembered."""
        key = sha256(authorization).digest()
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.create_task(self._verified(key, verify))
            task.add_done_callback(lambda done: self._answered(key, done))
        # One caller that leaves must not take the answer from the others.
        return (await asyncio.shield(task)).principal

    def forget(self) -> None:
        """Forget everything, also what is being asked: a token was revoked here."""
        self._entries.clear()
        self._asked.clear()
        self._forgotten += 1

    async def _verified(self, key: bytes, verify: Callable[[], Coroutine[Any, Any, Verified]]) -> Verified:
        asked_at, generation = self._now(), self._forgotten
        verified = await verify()
        until = asked_at + REMEMBERED_FOR
        if verified.expires_at is not None:
            until = min(until, verified.expires_at)
        if generation == self._forgotten:
            if len(self._entries) >= self._most:
                self._entries.clear()
            self._entries[key] = _Entry(verified.principal, asked_at, until)
        return verified

    def _answered(self, key: bytes, task: asyncio.Task[Verified]) -> None:
        if self._asked.get(key) is task:
            del self._asked[key]
        if not task.cancelled():
            task.exception()  # whoever asked may have left
