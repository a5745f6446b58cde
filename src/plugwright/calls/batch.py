"""Batches: several calls of one operation in one request, each on the whole path of a call."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Any, cast

from pydantic_core import to_json

from plugwright.calls.call import Exchange
from plugwright.calls.exchange import LocalExchange
from plugwright.calls.idempotency_keys import read_key
from plugwright.calls.limits import Limiter
from plugwright.calls.plan import Keyed, Plan, as_it_is, compile_plan
from plugwright.calls.runtime import Runtime
from plugwright.errors import CallTimeout, IdempotencyKeyError, PlugwrightError, TooManyCalls
from plugwright.observe.trace_context import TraceContext
from plugwright.operations.batch import ITEMS
from plugwright.operations.lengths import too_long
from plugwright.operations.operation import Operation
from plugwright.principal import Principal
from plugwright.web.asgi import Headers
from plugwright.web.replies import error_body

_ANSWER = b'{"result":'
_AT_ONCE = 8  # items of one batch, where its operation has no bound of its own


def add_batches(
    registered: Mapping[str, Operation], operations: Mapping[str, tuple[Operation, Plan]], runtime: Runtime
) -> dict[str, tuple[Operation, Plan]]:
    """All registered operations with their plans, those of batches made from the plans of their items."""
    return {
        name: operations[name]
        if operation.batch_of is None
        else (operation, _compile(operation, operations[operation.batch_of][1], runtime))
        for name, operation in registered.items()
    }


def _compile(operation: Operation, item: Plan, runtime: Runtime) -> Plan:
    at_once = item.handler.concurrency or _AT_ONCE
    fit = partial(_fitting, limit=operation.output.limit, is_reading=operation.read_only)

    def run(raw: bytes | str, arguments: dict[str, Any], exchange: Exchange) -> Coroutine[Any, Any, Any]:  # noqa: ARG001 the form of a step
        key = exchange.key if isinstance(exchange, _KeyedExchange) else None
        batch = _Batch(item, exchange, arguments[ITEMS], time.monotonic() + item.handler.timeout, key)
        return batch.run(at_once, fit)

    # A batch takes no place among the calls in progress, nor in the audit record: its items do.
    plan = compile_plan(replace(operation.handler, is_recorded=False), as_it_is, runtime, lambda start, encode: run)  # noqa: ARG005 as above
    limiter = None if item.limiter is None else _CountedByItem()
    return replace(plan, limiter=limiter, keyed=item.keyed and _compile_keyed(plan))


def _compile_keyed(plan: Plan) -> Keyed:
    """Batches with an idempotency key: each item has a key of its own, made of that and its place."""

    async def keyed(raw: bytes | str, exchange: Exchange, key: str) -> bytes:
        try:
            whole = read_key(key, exchange.principal)
        except IdempotencyKeyError as error:
            plan.refuse(error, exchange)
            raise
        return await plan.run(raw, cast("Exchange", _KeyedExchange(exchange, whole)))

    return keyed


class _KeyedExchange:
    """The exchange of a batch that has a key."""

    def __init__(self, exchange: Exchange, key: str) -> None:
        self._exchange = exchange
        self.key = key

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)


class _CountedByItem:
    """The limiter of a batch, which is no call: its items are counted when they begin."""

    def admit(self, principal: Principal | None, address: str) -> Headers:  # noqa: ARG002 the form of a limiter
        return []


class _ItemExchange(LocalExchange):
    """The exchange of one item: what it tells, its batch tells; nobody can be asked."""

    __slots__ = ("_batch", "latest", "protocol")

    def __init__(self, batch: Exchange, number: int, latest: float) -> None:
        super().__init__(lambda: f"{batch.request_id}.{number}")
        self.protocol = batch.protocol
        self.principal = batch.principal
        self.latest = latest
        self._batch = batch

    @property
    def trace(self) -> TraceContext | None:
        """The trace of the request."""
        return self._batch.trace

    def message(self, level: str, data: Any, logger: str | None) -> None:
        """Send the client a log message."""
        self._batch.message(level, data, logger)


@dataclass(slots=True)
class _Batch:
    """One batch in progress, which ends at ``latest``: its items with their replies, and what limits said last."""

    plan: Plan
    exchange: Exchange
    items: list[Any]
    latest: float
    key: str | None
    limited: Headers | None = None
    is_over_limit: bool = False
    done: int = 0

    async def run(self, at_once: int, fit: Callable[[list[bytes], Exchange], list[bytes]]) -> bytes:
        """The reply to the batch."""
        replies = [b""] * len(self.items)
        waiting = iter(enumerate(self.items))

        async def work() -> None:
            for number, item in waiting:
                replies[number] = await self._reply(number, item)
                self.done += 1
                self.exchange.progress(self.done, len(replies), None)

        async with asyncio.TaskGroup() as group:
            # A call may look at the task that it runs in, so each is begun and ended in one.
            for _ in range(min(at_once, len(replies))):
                group.create_task(work())
        if self.limited is not None:
            self.exchange.add_headers(self.limited)
        return b'{"results":[%b]}' % b",".join(fit(replies, self.exchange))

    async def _reply(self, number: int, item: Any) -> bytes:
        """The answer to one item, or its error."""
        exchange = _ItemExchange(self.exchange, number, self.latest)
        try:
            await self._admit()
        except PlugwrightError as error:
            self.plan.refuse(error, exchange)
            return error_body(error, exchange.request_id)
        try:
            return b"%b%b}" % (_ANSWER, await self._answer(number, to_json(item), exchange))
        except PlugwrightError as error:
            return error_body(error, exchange.request_id)

    def _answer(self, number: int, raw: bytes, exchange: Exchange) -> Awaitable[bytes]:
        if self.key is None or self.plan.keyed is None:
            return self.plan.run(raw, exchange)
        return self.plan.keyed(raw, exchange, sha256(f"{self.key} {number}".encode()).hexdigest())

    async def _admit(self) -> None:
        """Refuse an item that comes too late, or that limits have no room for."""
        if time.monotonic() >= self.latest:
            raise CallTimeout(f"The batch did not finish within {self.plan.handler.timeout:g} s; this was not begun")
        limiter = self.plan.limiter
        # Where nothing counts, an exchange need not know where it comes from.
        if limiter is None or (address := self.exchange.address) is None:
            return
        try:
            limited = await _counted(limiter, self.exchange.principal, address)
        except TooManyCalls as error:
            self.limited, self.is_over_limit = [*error.headers], True
            raise
        if not self.is_over_limit:
            self.limited = limited


def _fitting(replies: list[bytes], exchange: Exchange, *, limit: int, is_reading: bool) -> list[bytes]:
    """The replies of which all together a chat takes: an answer that does not fit any more is an error of its own."""
    if sum(map(len, replies)) <= limit:
        return replies
    fitting: list[bytes] = []
    left = limit
    for number, reply in enumerate(replies):
        length = len(reply.decode())
        if length > left and reply.startswith(_ANSWER):
            error = too_long(length, f"{left} are left of what a chat takes of one batch", is_reading=is_reading)
            fitting.append(error_body(error, f"{exchange.request_id}.{number}"))
        else:
            fitting.append(reply)
            left = max(0, left - length)
    return fitting


async def _counted(limiter: Limiter, principal: Principal | None, address: str) -> Headers:
    headers = limiter.admit(principal, address)
    return headers if isinstance(headers, list) else await headers
