"""The path of one call, compiled: validate, run, record.

A `Plan` is made once per handler at start-up. A call looks nothing up: the validator, the encoder and the way to
call the function are closed over.
"""

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, cast

from plugwright.calls.call import Call, Exchange
from plugwright.calls.questions import InputRequired
from plugwright.calls.runtime import Runtime
from plugwright.errors import CallTimeout, InternalError, PlugwrightError
from plugwright.observe.events import Observe
from plugwright.operations.handler import Handler
from plugwright.web.deadline import ClientGone, DeadlinePassed, finish_within


class Suspended(NamedTuple):
    """A call whose handler waits for something after its first step."""

    work: Coroutine[Any, Any, Any]
    waiting: Any
    started: float
    exchange: Exchange
    request_id: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A handler's compiled path.

    ``begin`` takes JSON bytes and gives what ``encode`` makes of the result, or a `Suspended` call for ``finish``:
    most calls end with their first step, and cost no coroutine of ours. ``refuse`` records a call that its protocol
    refused before. All but ``refuse`` raise `PlugwrightError` for every failure, `InputRequired` when the handler asks
    something, and `ClientGone` when the client left.
    """

    handler: Handler
    begin: Callable[[bytes | str, Exchange, str], Any]
    finish: Callable[[Suspended], Awaitable[Any]]
    refuse: Callable[[PlugwrightError, str, str], None]

    async def run(self, raw: bytes | str, exchange: Exchange, request_id: str) -> Any:
        """Begin and, where the handler waits, finish."""
        answer = self.begin(raw, exchange, request_id)
        return await self.finish(answer) if type(answer) is Suspended else answer


@dataclass(frozen=True, slots=True)
class _Ending:
    """How the calls of one handler end: told to every observer, and to the protocol in one shape."""

    name: str
    timeout: float
    runtime: Runtime
    observers: Sequence[Observe]

    def record(self, protocol: str, outcome: str, started: float, request_id: str) -> None:
        """Tell the observers."""
        seconds = time.monotonic() - started
        for observe in self.observers:
            observe(protocol, outcome, seconds, request_id)

    def failure(self, error: BaseException, exchange: Exchange, started: float, request_id: str) -> BaseException:
        """Record a failed call; what its protocol gets to see."""
        outcome, shown = _outcome(error, self.name, request_id, self.runtime, self.timeout)
        self.record(exchange.protocol, outcome, started, request_id)
        return shown

    def refuse(self, error: PlugwrightError, protocol: str, request_id: str) -> None:
        """Record a call that its protocol refused."""
        self.record(protocol, error.code, time.monotonic(), request_id)


def compile_plan(handler: Handler, encode: Callable[[Any], Any], runtime: Runtime) -> Plan:
    """Compile the path of a handler: its validator, its encoder and its observers are looked up once, here."""
    observers = [observer(handler.name) for observer in runtime.observers]
    ending = _Ending(handler.name, handler.timeout, runtime, observers)

    async def finish(call: Suspended) -> Any:
        work, waiting, started, exchange, request_id = call
        try:
            answer = encode(await finish_within(work, waiting, started + handler.timeout, exchange.gone))
        except BaseException as error:  # noqa: BLE001 a call ends here, and has one shape after
            raise ending.failure(error, exchange, started, request_id) from None
        ending.record(exchange.protocol, "ok", started, request_id)
        return answer

    return Plan(handler, _compile_begin(handler, encode, ending), finish, ending.refuse)


def _compile_begin(
    handler: Handler, encode: Callable[[Any], Any], ending: _Ending
) -> Callable[[bytes | str, Exchange, str], Any]:
    decode = handler.input.decode
    start = _starter(handler, ending.runtime)
    parameter = handler.call_parameter
    name = handler.name
    timeout = handler.timeout
    runtime = ending.runtime
    observers = ending.observers
    clock = time.monotonic

    def begin(raw: bytes | str, exchange: Exchange, request_id: str) -> Any:
        started = clock()
        try:
            arguments = decode(raw)
            if parameter is not None:
                arguments[parameter] = Call(name, request_id, runtime, exchange, started + timeout, clock)
            work = start(arguments)
            try:
                waiting = work.send(None)
            except StopIteration as done:
                answer = encode(done.value)
            else:
                return Suspended(work, waiting, started, exchange, request_id)
        except BaseException as error:  # noqa: BLE001 a call ends here, and has one shape after
            raise ending.failure(error, exchange, started, request_id) from None
        seconds = clock() - started
        for observe in observers:
            observe(exchange.protocol, "ok", seconds, request_id)
        return answer

    return begin


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
