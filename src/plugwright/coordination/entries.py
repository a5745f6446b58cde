"""The second tier: replies in Valkey, which all replicas read, and the right to make one.

Each tag has a token, a random word that an invalidation replaces. A reply is stored with the tokens that its tags had
before it was made, and is served only while they are the same. So what was read before an invalidation is never served
after it, in whatever order replicas and Valkey get to see the two; and a token that is lost takes its replies with it.
"""

import asyncio
import contextlib
import random
import secrets
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from plugwright.coordination.invalidations import Invalidations
from plugwright.coordination.names import EVERYTHING, Names
from plugwright.coordination.replies import StoredReply, decode_reply, encode_reply
from plugwright.coordination.second_tier import Claim
from plugwright.coordination.valkey import Away, ValkeyClient

_LOCKED = 2_000  # milliseconds that the right to make a reply outlives its owner
_RENEW = 0.6  # seconds
_POLL = 0.02  # seconds

# Only its owner ends or renews a lock.
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end"
_PROLONG = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end"


@dataclass(slots=True)
class _Claim:
    """The right to make a reply, or the reply. Without ``tokens`` Valkey is away, and nothing is kept."""

    tier: "ValkeyEntries"
    name: bytes
    tags: tuple[str, ...]
    reply: StoredReply | None = None
    tokens: list[bytes] | None = None
    owner: str = ""

    async def put(self, reply: StoredReply) -> None:
        """Keep what was made."""
        if self.tokens is not None:
            await self.tier.put(self.name, self.tags, reply, self.tokens)

    async def remove(self) -> None:
        """Forget what was kept."""
        await self.tier.remove(self.name)


class ValkeyEntries:
    """Replies in Valkey."""

    def __init__(
        self,
        client: ValkeyClient,
        names: Names,
        invalidations: Invalidations,
        *,
        now: Callable[[], float],
    ) -> None:
        self._client = client
        self._names = names
        self._invalidations = invalidations
        self._now = now
        self._tokens_last = 1000 * invalidations.seconds

    async def get(self, name: bytes, tags: tuple[str, ...]) -> StoredReply | None:
        """A reply that may be served, if it is there."""
        all_tags = (EVERYTHING, *tags)
        if self._invalidations.are_pending(all_tags):
            return None
        keys = [self._names.reply(name), *self._names.tags(all_tags)]
        try:
            stored, *tokens = await self._client.run(lambda commands: commands.mget(keys))
        except Away:
            return None
        return None if stored is None else decode_reply(stored, tokens, now=self._now())

    @asynccontextmanager
    async def claim(self, name: bytes, tags: tuple[str, ...], within: float) -> AsyncGenerator[Claim]:
        """The right to make a reply, for as long as the block runs; waits while somebody else makes it."""
        claim = await self._claimed(name, (EVERYTHING, *tags), time.monotonic() + within)
        if not claim.owner:
            yield claim
            return
        lock = self._names.lock(name)
        renewal = asyncio.create_task(self._renew(lock, claim.owner))
        try:
            yield claim
        finally:
            renewal.cancel()
            await self._try(lambda commands: commands.eval(_RELEASE, 1, lock, claim.owner))

    async def put(self, name: bytes, tags: tuple[str, ...], reply: StoredReply, tokens: list[bytes]) -> None:
        """Keep a reply for as long as it may be served."""
        milliseconds = max(1, int(1000 * (reply.stale_until - self._now())))
        key, tag_keys = self._names.reply(name), self._names.tags(tags)

        def command(commands: Any) -> Any:
            pipeline = commands.pipeline(transaction=False)
            pipeline.set(key, encode_reply(reply, tokens), px=milliseconds)
            for tag_key in tag_keys:
                # A token outlives every reply that was stored with it.
                pipeline.pexpire(tag_key, self._tokens_last)
            return pipeline.execute()

        await self._try(command)

    async def remove(self, name: bytes) -> None:
        """Forget a reply."""
        await self._try(lambda commands: commands.delete(self._names.reply(name)))

    def invalidate(self, tags: tuple[str, ...]) -> None:
        """Forget what has one of the tags, here at once and elsewhere within a second."""
        self._invalidations.send(tags)

    async def _claimed(self, name: bytes, tags: tuple[str, ...], until: float) -> _Claim:
        owner = secrets.token_hex(8)
        while True:
            try:
                ask = partial(self._ask, name=name, tags=tags, owner=owner)
                is_owner, tokens, stored = await self._client.run(ask)
            except Away:
                return _Claim(self, name, tags)
            reply = None
            if stored is not None and not self._invalidations.are_pending(tags):
                reply = decode_reply(stored, tokens, now=self._now())
            if reply is not None and self._now() < reply.refresh_at:
                return _Claim(self, name, tags, reply, owner=owner if is_owner else "")
            if is_owner:
                return _Claim(self, name, tags, tokens=tokens, owner=owner)
            if time.monotonic() >= until:
                return _Claim(self, name, tags, tokens=tokens)
            await asyncio.sleep(_POLL * random.uniform(0.5, 1.5))  # noqa: S311 no secret

    async def _ask(
        self, commands: Any, name: bytes, tags: tuple[str, ...], owner: str
    ) -> tuple[bool, list[bytes], bytes | None]:
        """Whether the lock is ours, the tokens of the tags, and the reply as it is now."""
        pipeline = commands.pipeline(transaction=False)
        pipeline.set(self._names.lock(name), owner, nx=True, px=_LOCKED)
        fresh = secrets.token_hex(8).encode()
        for key in self._names.tags(tags):
            pipeline.set(key, fresh, nx=True, get=True, px=self._tokens_last)
        pipeline.get(self._names.reply(name))
        is_owner, *olds, stored = await pipeline.execute()
        return bool(is_owner), [old or fresh for old in olds], stored

    async def _renew(self, lock: str, owner: str) -> None:
        while True:
            await asyncio.sleep(_RENEW)
            await self._try(lambda commands: commands.eval(_PROLONG, 1, lock, owner, _LOCKED))

    async def _try(self, command: Callable[[Any], Any]) -> None:
        with contextlib.suppress(Away):
            await self._client.run(command)
