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
from typing import Any

from plugwright.calls.call import Call, Exchange
from plugwright.calls.questions import InputRequired
from plugwright.errors import CallTimeout, InternalError, PlugwrightError
from plugwright.observe.events import CallFinished, Observer
from plugwright.operations.handler import Handler
from plugwright.web.deadline import ClientGone, DeadlinePassed, Gone, run_within

Invoke = Callable[[dict[str, Any], Call, Gone | None], Awaitable[Any]]


@dataclass(slots=True)
class Runtime:
    """What all plans of a running plugin share."""

    observers: Sequence[Observer]
    executor: Executor
    report: Callable[[str, str, BaseException], None]
    next_request_id: Callable[[], str]
    state: Any = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A handler's compiled path. ``run`` takes JSON bytes and gives what ``encode`` makes of the result."""

    handler: Handler
    run: Callable[[bytes | str, Exchange, str], Awaitable[Any]]


def compile_plan(handler: Handler, encode: Callable[[Any], Any], runtime: Runtime) -> Plan:
    """Compile the path of a handler.

    ``run(raw, exchange, request_id)`` raises `PlugwrightError` for every failure, `InputRequired` when the handler
    asks something, and `ClientGone` when the client left.
    """
    decode = handler.input.decode
    invoke = _invoker(handler, runtime)
    name = handler.name
    timeout = handler.timeout
    observers = tuple(runtime.observers)
    clock = time.monotonic

    async def run(raw: bytes | str, exchange: Exchange, request_id: str) -> Any:
        started = clock()
        outcome = "ok"
        try:
            arguments = decode(raw)
            call = Call(name, request_id, runtime.state, exchange, started + timeout, clock)
            return encode(await invoke(arguments, call, exchange.gone))
        except PlugwrightError as error:
            outcome = error.code
            raise
        except DeadlinePassed:
            outcome = CallTimeout.code
            raise CallTimeout(f"The operation did not finish within {timeout:g} s and was stopped") from None
        except InputRequired:
            outcome = "input_required"
            raise
        except (ClientGone, asyncio.CancelledError):
            outcome = "cancelled"
            raise
        except Exception as error:  # noqa: BLE001 a call ends here: what is not in the tree is masked and logged
            outcome = InternalError.code
            runtime.report(name, request_id, error)
            raise InternalError from None
        finally:
            event = CallFinished(name, exchange.protocol, outcome, clock() - started, request_id)
            for observe in observers:
                observe(event)

    return Plan(handler, run)


def _invoker(handler: Handler, runtime: Runtime) -> Invoke:
    function = handler.function
    parameter = handler.call_parameter
    executor = runtime.executor

    def work(arguments: dict[str, Any]) -> Coroutine[Any, Any, Any]:
        return function(**arguments) if handler.is_async else _in_thread(executor, partial(function, **arguments))

    def invoke_with_call(arguments: dict[str, Any], call: Call, gone: Gone | None) -> Awaitable[Any]:
        arguments[parameter or ""] = call
        return run_within(work(arguments), call.deadline, gone)

    def invoke(arguments: dict[str, Any], call: Call, gone: Gone | None) -> Awaitable[Any]:
        return run_within(work(arguments), call.deadline, gone)

    return invoke if parameter is None else invoke_with_call


async def _in_thread(executor: Executor, work: Callable[[], Any]) -> Any:
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(executor, context.run, work)
