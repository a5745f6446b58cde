"""The path of one call, compiled: validate, run, record.

A `Plan` is made once per handler at start-up. A call looks nothing up: the validator, the encoder and the way to
call the function are closed over.
"""

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from plugwright.calls.admission import Entrance
from plugwright.calls.cache import Recall, Start
from plugwright.calls.call import Call, Exchange
from plugwright.calls.ending import Ending
from plugwright.calls.idempotency import KeptAnswer, KeyedStep
from plugwright.calls.limits import Limiter
from plugwright.calls.runtime import Runtime
from plugwright.coordination.replies import StoredReply
from plugwright.errors import PlugwrightError
from plugwright.observe.events import REPLAYED, Arrival
from plugwright.operations.handler import Handler
from plugwright.operations.selection import Tree
from plugwright.web.deadline import finish_within, run_within


class Suspended(NamedTuple):
    """A call whose handler waits for something after its first step.

    ``is_admitted``: its work sees to its place among the calls in progress itself. ``chosen``: the fields of the answer
    that its caller wants.
    """

    work: Coroutine[Any, Any, Any]
    waiting: Any
    started: float
    exchange: Exchange
    is_admitted: bool = False
    chosen: Tree | None = None


Begin = Callable[[bytes | str, Exchange], Any]

Keyed = Callable[[bytes | str, Exchange, str], Awaitable[bytes]]
"""The whole call of an input with an idempotency key."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A handler's compiled path.

    ``begin`` takes JSON bytes and gives what ``encode`` makes of the result, or a `Suspended` call for ``finish``:
    most calls end with their first step, and cost no coroutine of ours. ``limiter`` counts a call before it begins,
    where its operation has limits. ``refuse`` records a call that its protocol refused before. ``keyed`` stands for
    ``begin`` and ``finish`` where a call has an idempotency key, and its operation changes something. All but
    ``refuse`` raise `PlugwrightError` for every failure, `InputRequired` when the handler asks something, and
    `ClientGone` when the client left.
    """

    handler: Handler
    begin: Begin
    finish: Callable[[Suspended], Awaitable[Any]]
    refuse: Callable[[PlugwrightError, Arrival], None]
    limiter: Limiter | None = None
    keyed: Keyed | None = None

    async def run(self, raw: bytes | str, exchange: Exchange) -> Any:
        """Begin and, where the handler waits, finish."""
        answer = self.begin(raw, exchange)
        return await self.finish(answer) if type(answer) is Suspended else answer


def compile_plan(
    handler: Handler,
    encode: Callable[[Any], Any],
    runtime: Runtime,
    cached: Callable[[Start, Callable[[Any], bytes]], Recall] | None = None,
    keyed: KeyedStep | None = None,
) -> Plan:
    """Compile the path of a handler: its validator, its encoder and its observers are looked up once, here.

    ``cached`` compiles the step of an operation whose replies are kept, or whose work is calls of its own; ``keyed`` is
    the step of calls with keys.
    """
    usual = [observer(handler.name) for observer in runtime.observers]
    recorded = [runtime.audit.calls_of(handler.name)] if runtime.audit is not None and handler.is_recorded else []
    observers = [*usual, *recorded]
    ending = Ending(handler.name, handler.timeout, runtime, observers, of_refusals=usual)
    # A thread is always waited for.
    entrance = runtime.admission.entrance(handler.name, handler.concurrency, waits=not handler.is_async)
    if cached is None:
        begin = _compile_begin(handler, encode, ending, entrance)
    else:
        recall = cached(call_starter(handler, runtime, entrance), encode)
        begin = _compile_recalling_begin(handler, recall, ending)
        encode = as_it_is  # what a cache gives is encoded

    async def finish(call: Suspended) -> Any:
        work, waiting, started, exchange, is_admitted, _ = call
        if not is_admitted:
            entrance.enter()
        try:
            latest = min(started + handler.timeout, exchange.latest)
            answer = encode(await finish_within(work, waiting, latest, exchange.gone))
        except BaseException as error:  # noqa: BLE001 a call ends here, and has one shape after
            raise ending.failure(error, exchange, started) from None
        finally:
            if not is_admitted:
                entrance.leave(started)
        ending.record(exchange, "ok", started)
        return answer

    with_key = keyed and _compile_keyed(handler, encode, keyed, ending, entrance)
    if runtime.tracing is not None:
        from plugwright.observe.tracing import traced  # noqa: PLC0415 loaded only where there are spans

        begin = traced(handler.name, runtime.tracing, begin)
        with_key = with_key and traced(handler.name, runtime.tracing, with_key)
    return Plan(handler, begin, finish, ending.refuse, keyed=with_key)


def _compile_begin(handler: Handler, encode: Callable[[Any], Any], ending: Ending, entrance: Entrance) -> Begin:
    decode = handler.input.decode
    start = _starter(handler, ending.runtime)
    parameter = handler.call_parameter
    name = handler.name
    timeout = handler.timeout
    runtime = ending.runtime
    observers = ending.observers
    clock = time.monotonic
    everyone, own = entrance.everyone, entrance.own

    def prepare(raw: bytes | str, exchange: Exchange, started: float) -> Coroutine[Any, Any, Any]:
        arguments = decode(raw)
        if parameter is not None:
            arguments[parameter] = Call(name, runtime, exchange, started + timeout, clock)
        return start(**arguments)

    def begin(raw: bytes | str, exchange: Exchange) -> Any:
        started = clock()
        try:
            must_queue = (everyone.is_full or own.is_full) and entrance.waits
            if must_queue:
                work = entrance.run(partial(prepare, raw, exchange, started), started + timeout)
            else:
                # As above; a call of it would cost every request more than these lines.
                arguments = decode(raw)
                if parameter is not None:
                    arguments[parameter] = Call(name, runtime, exchange, started + timeout, clock)
                work = start(**arguments)
            try:
                waiting = work.send(None)
            except StopIteration as done:
                answer = encode(done.value)
            else:
                return Suspended(work, waiting, started, exchange, must_queue)
        except BaseException as error:  # noqa: BLE001 a call ends here, and has one shape after
            raise ending.failure(error, exchange, started) from None
        seconds = clock() - started
        for observe in observers:
            observe(exchange, "ok", seconds)
        return answer

    return begin


def _compile_recalling_begin(handler: Handler, recall: Recall, ending: Ending) -> Begin:
    """How calls begin whose replies are kept: with one that is there, or with waiting for it."""
    decode = handler.input.decode
    observers = ending.observers
    clock = time.monotonic

    def begin(raw: bytes | str, exchange: Exchange) -> Any:
        started = clock()
        try:
            answer = recall(raw, decode(raw), exchange)
            if not isinstance(answer, StoredReply):
                try:
                    return Suspended(answer, answer.send(None), started, exchange, is_admitted=True)
                except StopIteration as done:
                    answer = done.value
        except BaseException as error:  # noqa: BLE001 a call ends here, and has one shape after
            raise ending.failure(error, exchange, started) from None
        seconds = clock() - started
        for observe in observers:
            observe(exchange, "ok", seconds)
        return answer

    return begin


def _compile_keyed(
    handler: Handler, encode: Callable[[Any], Any], step: KeyedStep, ending: Ending, entrance: Entrance
) -> Keyed:
    """Calls with idempotency keys: in a place of their own, to their end even where the client leaves."""
    decode = handler.input.decode
    start = call_starter(handler, ending.runtime)
    timeout = handler.timeout

    async def attempt(arguments: dict[str, Any], exchange: Exchange, started: float) -> bytes:
        try:
            return encode(await run_within(start(arguments, exchange, started), started + timeout, None))
        except BaseException as error:  # noqa: BLE001 a run ends here, and is kept in one shape
            raise ending.outcome(error, exchange)[1] from None

    async def keyed(raw: bytes | str, exchange: Exchange, key: str) -> bytes:
        started = time.monotonic()
        try:
            run = partial(attempt, decode(raw), exchange, started)
            in_turn = partial(entrance.run, deadline=started + timeout)
            work = step.answer(key, raw, exchange, in_turn, run)
            answer = await run_within(work, min(started + timeout, exchange.latest), None)
        except BaseException as error:  # noqa: BLE001 a call ends here, and has one shape after
            raise ending.failure(error, exchange, started) from None
        ending.record(exchange, REPLAYED if isinstance(answer, KeptAnswer) else "ok", started)
        return answer

    return keyed


def call_starter(
    handler: Handler, runtime: Runtime, entrance: Entrance | None = None
) -> Callable[..., Coroutine[Any, Any, Any]]:
    """How a handler is started apart from any call: with its arguments, an exchange, and when that is.

    What is kept takes no place, and who waits for a reply that is being made takes none either: making it takes one.
    Without an entrance it runs inside a call that has its place.
    """
    start = _starter(handler, runtime)
    parameter, name, timeout = handler.call_parameter, handler.name, handler.timeout

    def begin(arguments: dict[str, Any], exchange: Exchange, started: float) -> Coroutine[Any, Any, Any]:
        if parameter is not None:
            arguments = {**arguments, parameter: Call(name, runtime, exchange, started + timeout, time.monotonic)}
        if entrance is None:
            return start(**arguments)
        return entrance.run(partial(start, **arguments), started + timeout)

    return begin


def as_it_is(value: Any) -> Any:
    """The encoder of what needs none."""
    return value


def _starter(handler: Handler, runtime: Runtime) -> Callable[..., Coroutine[Any, Any, Any]]:
    function = handler.function
    return function if handler.is_async else partial(_in_thread, runtime.executor, function)


async def _in_thread(executor: Executor, function: Callable[..., Any], /, **arguments: Any) -> Any:
    context = contextvars.copy_context()
    call: Callable[[], Any] = partial(context.run, partial(_call, function, arguments))
    return await asyncio.get_running_loop().run_in_executor(executor, call)


def _call(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    try:
        return function(**arguments)
    except StopIteration as error:
        # A future cannot hold it.
        raise RuntimeError("the function raised StopIteration") from error
