"""Functions whose results are kept like the answers of operations: what reads a database, for instance."""

import functools
import inspect
from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_json

from plugwright.calls.cache import CachedStep, Recall
from plugwright.calls.call import Call, surroundings_of
from plugwright.calls.exchange import LocalExchange
from plugwright.calls.runtime import Runtime
from plugwright.coordination.replies import StoredReply
from plugwright.errors import SetupError
from plugwright.operations.caching import Cache, compile_caching
from plugwright.operations.canonical import Canonical, compile_canonical
from plugwright.operations.durations import seconds
from plugwright.operations.handler import Handler
from plugwright.operations.inputs import compile_input
from plugwright.operations.outputs import compile_output
from plugwright.operations.signature import Signature

Function = Callable[..., Coroutine[Any, Any, Any]]


class CachedFunction:
    """One such function, compiled. ``recalls`` are the steps of the applications that run, the newest last."""

    def __init__(self, function: Function, signature: Signature, cache: Cache, timeout: str) -> None:
        name = signature.function_name
        if not signature.is_async:
            raise SetupError(f"{name}: only async functions can be cached; make it an `async def`")
        taken = compile_input(signature, {})
        canonical = compile_canonical(taken)
        if not canonical.is_plain:
            raise SetupError(f"{name}: a cached function takes plain values, such as texts, numbers, dates and lists")
        self.output = compile_output(signature)
        if self.output.is_blocks:
            raise SetupError(f"{name}: a cached function returns data, not content blocks")
        self.handler = Handler(
            name,
            function,
            is_async=True,
            call_parameter=signature.call_parameter,
            input=taken,
            timeout=seconds(timeout, of=f"{name}: timeout"),
        )
        names = [parameter.name for parameter in signature.parameters]
        # Python's own equality takes 1 for True: what comes from code is compared as text.
        self.step = CachedStep(
            name,
            sha256(to_json([function.__module__, function.__qualname__, taken.schema, self.output.schema])).digest(),
            compile_caching(name, cache, parameters=names),
            Canonical(canonical.text, canonical.text, is_plain=True),
            self.handler.timeout,
        )
        self._decode = TypeAdapter[Any](signature.returns).validate_json
        self.recalls: list[tuple[Runtime, Recall]] = []

    def wrapped(self) -> Function:
        """The function as its author calls it."""
        function, call_parameter = self.handler.function, self.handler.call_parameter
        bind = inspect.signature(function).bind
        decode = self._decode

        @functools.wraps(function)
        async def call_it(*args: Any, **given: Any) -> Any:
            bound = bind(*args, **given)
            bound.apply_defaults()
            arguments = dict(bound.arguments)
            call = arguments.pop(call_parameter) if call_parameter is not None else None
            found = self._recall(call)
            if found is None:
                return await function(*args, **given)
            recall, exchange = found
            answer = recall(b"", arguments, exchange)
            return decode(answer if isinstance(answer, StoredReply) else await answer)

        return call_it

    def _recall(self, call: Call | None) -> tuple[Recall, Any] | None:
        """The step of the application that is calling, and whose call it is; nothing where none runs."""
        if call is None:
            if not self.recalls:
                return None
            runtime, recall = self.recalls[-1]
            return recall, LocalExchange(runtime.next_request_id)
        runtime, exchange = surroundings_of(call)
        return next(((recall, exchange) for its, recall in self.recalls if its is runtime), None)
