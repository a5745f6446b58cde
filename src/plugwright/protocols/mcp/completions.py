"""``completion/complete``: suggestions for prompt arguments and resource template parameters."""

import asyncio
import inspect
import time
from collections.abc import Callable, Iterable
from typing import Any

from plugwright.calls.call import Call
from plugwright.calls.runtime import Runtime
from plugwright.operations.handler import Handler
from plugwright.operations.visible_text import clean_text
from plugwright.protocols.mcp.exchange import McpExchange
from plugwright.protocols.mcp.jsonrpc import INTERNAL_ERROR, INVALID_PARAMS, RpcError
from plugwright.protocols.mcp.request import Request
from plugwright.protocols.mcp.results import Results

_MOST = 100  # values in one reply (specification, server/utilities/completion)
_SECONDS = 5.0

Suggest = Callable[..., Any]


class Completions:
    """Who completes what: by prompt name or resource URI, then by argument."""

    def __init__(
        self, prompts: Iterable[Handler], resources: Iterable[Handler], runtime: Runtime, results: Results
    ) -> None:
        self._runtime = runtime
        self._results = results
        self._by_reference = {
            **{("ref/prompt", handler.name): _completers(handler) for handler in prompts},
            **{("ref/resource", handler.name): _completers(handler) for handler in resources},
        }
        self.is_empty = not any(self._by_reference.values())

    async def complete(self, request: Request) -> bytes:
        """Suggest values; an argument without a completer has none."""
        reference, name, value, given = _asked(request.params)
        completers = self._by_reference.get(reference)
        if completers is None:
            raise RpcError(INVALID_PARAMS, f"Unknown reference: {reference[1]!r}"[:200])
        suggest = completers.get(name)
        values = await self._suggest(suggest, request, value, given) if suggest else []
        completion = {"values": values[:_MOST], "total": len(values), "hasMore": len(values) > _MOST}
        return self._results.complete(request, {"completion": completion})

    async def _suggest(self, suggest: Suggest, request: Request, value: str, given: dict[str, str]) -> list[str]:
        runtime = self._runtime
        deadline = time.monotonic() + _SECONDS
        call = Call("completion", runtime, McpExchange(request), deadline, time.monotonic)
        wanted: tuple[Any, ...] = (value, given, call)[: len(inspect.signature(suggest).parameters)]
        try:
            async with asyncio.timeout(_SECONDS):
                if inspect.iscoroutinefunction(suggest):
                    found = await suggest(*wanted)
                else:
                    found = await asyncio.get_running_loop().run_in_executor(runtime.executor, suggest, *wanted)
                return [clean_text(str(item)) for item in found]
        except (Exception, SystemExit) as error:  # noqa: BLE001 a call ends here: the author's function may raise anything
            runtime.report("completion", request.request_id, error)
            raise RpcError(INTERNAL_ERROR, "The completion failed") from None


def _completers(handler: Handler) -> dict[str, Suggest]:
    return {
        parameter.wire_name: parameter.completion
        for parameter in handler.input.parameters
        if parameter.completion is not None
    }


def _asked(params: dict[str, Any]) -> tuple[tuple[str, str], str, str, dict[str, str]]:
    match params:
        case {
            "ref": {"type": "ref/prompt", "name": str(target)},
            "argument": {"name": str(name), "value": str(value)},
        }:
            reference = ("ref/prompt", target)
        case {
            "ref": {"type": "ref/resource", "uri": str(target)},
            "argument": {"name": str(name), "value": str(value)},
        }:
            reference = ("ref/resource", target)
        case _:
            raise RpcError(INVALID_PARAMS, "params must have ref and argument")
    match params.get("context"):
        case {"arguments": dict(given)}:  # pyright: ignore[reportUnknownVariableType] JSON
            return reference, name, value, {str(key): str(text) for key, text in given.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] JSON
        case _:
            return reference, name, value, {}
