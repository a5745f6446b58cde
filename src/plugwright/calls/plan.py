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
from typing import Any, cast

from plugwright.calls.call import Call, Exchange
from plugwright.calls.questions import InputRequired
from plugwright.calls.runtime import Runtime
from plugwright.errors import CallTimeout, InternalError, PlugwrightError
from plugwright.observe.events import CallFinished
from plugwright.operations.handler import Handler
from plugwright.web.deadline import ClientGone, DeadlinePassed, finish_within


@dataclass(frozen=True, slots=True)
class Plan:
    """A handler's compiled path.

    ``run`` takes JSON bytes and gives what ``encode`` makes of the result; ``refuse`` records a call that its
    protocol refused before.
    """

    handler: Handler
    run: Callable[[bytes | str, Exchange, str], Awaitable[Any]]
    refuse: Callable[[PlugwrightError, str, str], None]


def compile_plan(handler: Handler, encode: Callable[[Any], Any], runtime: Runtime) -> Plan:
    """Compile the path of a handler.

    ``run(raw, exchange, request_id)`` raises `PlugwrightError` for every failure, `InputRequired` when the handler
    asks something, and `ClientGone` when the client left.
    """
    decode = handler.input.decode
    start = _starter(handler, runtime)
    parameter = handler.call_parameter
    name = handler.name
    timeout = handler.timeout
    observers = tuple(runtime.observers)
    clock = time.monotonic

    async def run(raw: bytes | str, exchange: Exchange, request_id: str) -> Any:
        started = clock()
        outcome = "ok"
        try:
            arguments = decode(raw)
            if parameter is not None:
                arguments[parameter] = Call(name, request_id, runtime, exchange, started + timeout, clock)
            work = start(arguments)
            try:
                waiting = work.send(None)
            except StopIteration as done:
                return encode(done.value)
            return encode(await finish_within(work, waiting, started + timeout, exchange.gone))
        except BaseException as error:
            outcome, shown = _outcome(error, name, request_id, runtime, timeout)
            if shown is error:
                raise
            raise shown from None
        finally:
            event = CallFinished(name, exchange.protocol, outcome, clock() - started, request_id)
            for observe in observers:
                observe(event)

    def refuse(error: PlugwrightError, protocol: str, request_id: str) -> None:
        event = CallFinished(name, protocol, error.code, 0.0, request_id)
        for observe in observers:
            observe(event)

    return Plan(handler, run, refuse)


def _outcome(
    error: BaseException, name: str, request_id: str, runtime: Runtime, timeout: float
) -> tuple[str, BaseException]:
    """What a failed call is recorded as, and what its protocol gets to see: one shape for everything unforeseen."""
    match _leaf(error):
        case PlugwrightError() as known:
            return known.code, known
        case DeadlinePassed():
            late = CallTimeout(f"The operation did not finish within {timeout:g} s and was stopped")
            return late.code, late
        case InputRequired() as asked:
            return "input_required", asked
        case (ClientGone() | GeneratorExit() | KeyboardInterrupt()) as gone:
            return "cancelled", gone
        case asyncio.CancelledError() as cancelled if _is_asked_for():
            return "cancelled", cancelled
        case _:
            runtime.report(name, request_id, error)
            return InternalError.code, InternalError()


def _leaf(error: BaseException) -> BaseException:
    """What a task group wraps, where it wraps something that the call path knows."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    group = cast("BaseExceptionGroup[BaseException]", error)
    leaves = map(_leaf, group.exceptions)
    return next((leaf for leaf in leaves if isinstance(leaf, (InputRequired, PlugwrightError, ClientGone))), group)


def _is_asked_for() -> bool:
    """Whether the current task was cancelled itself, rather than something it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _starter(handler: Handler, runtime: Runtime) -> Callable[[dict[str, Any]], Coroutine[Any, Any, Any]]:
    function = handler.function
    if handler.is_async:
        return lambda arguments: function(**arguments)
    executor = runtime.executor
    return lambda arguments: _in_thread(executor, function, arguments)


async def _in_thread(executor: Executor, function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    context = contextvars.copy_context()
    call: Callable[[], Any] = partial(context.run, partial(_call, function, arguments))
    return await asyncio.get_running_loop().run_in_executor(executor, call)


def _call(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    try:
        return function(**arguments)
    except StopIteration as error:
        # A future cannot hold it.
        raise RuntimeError("the function raised StopIteration") from error
