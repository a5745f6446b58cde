"""The step of a call that looks for a reply before its handler is run."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

from pydantic_core import to_json

from plugwright.calls.call import Exchange
from plugwright.calls.exchange import LocalExchange
from plugwright.calls.flights import Flights, Wanted, answered
from plugwright.coordination.replies import StoredReply
from plugwright.observe.events import HIT, MISS, STALE
from plugwright.observe.trace_context import TraceContext
from plugwright.operations.caching import Caching
from plugwright.operations.canonical import Canonical
from plugwright.principal import Principal
from plugwright.web.deadline import run_within

Recall = Callable[[bytes | str, dict[str, Any], Exchange], "StoredReply | Coroutine[Any, Any, StoredReply]"]
"""A reply that is there, or a coroutine that waits for it; from what came, its arguments, and the exchange."""

Start = Callable[[dict[str, Any], Exchange, float], Coroutine[Any, Any, Any]]
"""A handler's coroutine, from its arguments, its exchange, and when it began by the monotonic clock."""


@dataclass(frozen=True, slots=True)
class CachedStep:
    """What the replies of one handler are kept by. ``digest`` stands for what the handler is."""

    name: str
    digest: bytes
    caching: Caching
    canonical: Canonical
    timeout: float


class Shared(Protocol):
    """What tells this process of the invalidations of others."""

    def open(self, *, on_tags: Callable[[Iterable[str]], None], on_gap: Callable[[], None]) -> None:
        """Begin to listen."""
        ...

    async def close(self) -> None:
        """End."""
        ...


class CallCache:
    """The cache of a plugin: compiles the step of each operation, and invalidates."""

    def __init__(self, flights: Flights, now: Callable[[], float], shared: Shared | None = None) -> None:
        self.flights = flights
        self._now = now
        self.shared = shared
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self) -> None:
        """Begin to serve, in the running loop."""
        self._loop = asyncio.get_running_loop()
        if self.shared is not None:
            self.shared.open(on_tags=self.flights.invalidate, on_gap=self.flights.forget_all)

    async def close(self) -> None:
        """End what is going on."""
        await self.flights.close()
        if self.shared is not None:
            await self.shared.close()

    def invalidate(self, tags: tuple[str, ...]) -> None:
        """Forget every reply that has one of the tags, from any thread, before the caller's own call ends."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            # A handler's thread: this is done before its answer arrives in the loop.
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._invalidate, tags)
        else:
            self._invalidate(tags)

    def _invalidate(self, tags: tuple[str, ...]) -> None:
        if self.flights.second is not None:
            self.flights.second.invalidate(tags)
        self.flights.invalidate(tags)

    def compile(self, step: CachedStep, start: Start, encode: Callable[[Any], bytes]) -> Recall:
        """The step of one handler, which ``start`` runs."""
        flights, now = self.flights, self._now
        counts, touch, find = flights.counts[step.name], flights.memory.touch, flights.memory.entries.get
        digest, quick = step.digest, step.canonical.quick
        who_of = _who_of(step.caching)
        wanted_by = _wanted_by(step, start, encode)

        def recall(
            raw: bytes | str, arguments: dict[str, Any], exchange: Exchange
        ) -> StoredReply | Coroutine[Any, Any, StoredReply]:
            key = (digest, who_of(exchange) if who_of else None, quick(raw, arguments))
            reply = find(key)
            at = now()
            # A clock that was set back must not make a reply live longer.
            if reply is None or not reply.made <= at < reply.stale_until:
                exchange.cache = MISS
                return flights.reply(wanted_by(key, raw, arguments, exchange))
            exchange.cache = HIT
            if at >= reply.refresh_at:
                flights.refresh(wanted_by(key, raw, arguments, exchange))
            if at >= reply.fresh_until:
                exchange.cache = STALE
                counts.stale += 1
            counts.hits += 1
            touch(key)
            return answered(reply) if reply.is_missing else reply

        return recall


def _wanted_by(
    step: CachedStep, start: Start, encode: Callable[[Any], bytes]
) -> Callable[[Hashable, bytes | str, dict[str, Any], Exchange], Wanted]:
    caching = step.caching
    tags_of = caching.tags_of
    text = step.canonical.text

    def wanted_by(key: Hashable, raw: bytes | str, arguments: dict[str, Any], exchange: Exchange) -> Wanted:
        own = FlightExchange(exchange, caching)
        principal = exchange.principal
        facts = to_json(_facts(caching, exchange))
        name = sha256(b"\0".join((step.digest, facts, text(raw, arguments)))).digest()
        tags = tags_of(arguments, "" if principal is None else principal.subject)

        async def make() -> bytes:
            started = time.monotonic()
            return encode(await run_within(start(arguments, own, started), started + step.timeout, None))

        return Wanted(step.name, key, name, tags, caching, step.timeout, own.request_id, make)

    return wanted_by


def _who_of(caching: Caching) -> Callable[[Exchange], Hashable] | None:
    """Whose a reply is; nothing where it is everybody's."""
    if not caching.is_shared:
        # All that a handler can learn of a caller: another client of the same user may have been allowed less.
        return lambda exchange: exchange.principal
    if not caching.vary:
        return None
    return lambda exchange: to_json(_facts(caching, exchange))


def _facts(caching: Caching, exchange: Exchange) -> list[Any]:
    """The same in a form that every process writes alike."""
    principal = exchange.principal
    known = None if principal is None else [principal.subject, principal.client, sorted(principal.scopes)]
    if not caching.is_shared:
        return [known]
    varied = {
        "client": known and known[1],
        "scopes": known and known[2],
        "protocol": exchange.protocol,
    }
    return [varied[part] for part in sorted(caching.vary)]


class FlightExchange(LocalExchange):
    """The exchange of a flight, which knows of its first caller only what its reply may depend on."""

    __slots__ = ("_trace", "protocol")

    def __init__(self, first: Exchange, caching: Caching) -> None:
        # Its log lines and its upstreams name the request that began it.
        request_id = first.request_id
        super().__init__(lambda: request_id)
        self._trace = first.trace
        self.protocol = first.protocol if "protocol" in caching.vary else "local"
        principal = first.principal
        if principal is not None and caching.is_shared:
            principal = _nobody_in_particular(principal, caching)
        self.principal = principal

    @property
    def trace(self) -> TraceContext | None:
        """The trace of its first caller."""
        return self._trace


def _nobody_in_particular(principal: Principal, caching: Caching) -> Principal | None:
    if caching.is_for_all:
        return None
    return Principal(
        "",
        principal.client if "client" in caching.vary else None,
        principal.scopes if "scopes" in caching.vary else frozenset(),
    )
