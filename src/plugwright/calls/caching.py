"""The cache of a plugin: made where something is cached, and what each of its operations is kept by."""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from plugwright.calls.cache import CachedStep, CallCache, Recall
from plugwright.calls.cached_functions import CachedFunction
from plugwright.calls.flights import Flights
from plugwright.calls.plan import call_starter
from plugwright.calls.runtime import Runtime
from plugwright.coordination.memory import MemoryTier
from plugwright.operations.canonical import compile_canonical
from plugwright.operations.identity import Identity
from plugwright.operations.operation import Operation
from plugwright.settings import Settings

if TYPE_CHECKING:
    from plugwright.coordination.valkey import ValkeyClient

_MARGIN = 3600  # seconds by which tokens outlive replies


def make_cache(
    operations: Iterable[Operation],
    functions: Iterable[CachedFunction],
    settings: Settings,
    *,
    now: Callable[[], float],
    report: Callable[[str, str, BaseException], None],
    valkey: "ValkeyClient | None" = None,
    plugin: str = "",
) -> CallCache | None:
    """The cache, if anything is cached; what it keeps is shared where there is a Valkey."""
    policies = [operation.caching for operation in operations if operation.caching]
    policies += [function.step.caching for function in functions]
    if not policies:
        return None
    memory = MemoryTier(settings.cache_bytes)
    if valkey is None:
        return CallCache(Flights(memory, now=now, report=report), now)
    # The client is loaded only where there is something to reach.
    from plugwright.coordination.entries import ValkeyEntries  # noqa: PLC0415
    from plugwright.coordination.invalidations import Invalidations  # noqa: PLC0415
    from plugwright.coordination.names import Names  # noqa: PLC0415

    names = Names(plugin)
    longest = max(2 * policy.ttl + policy.stale + policy.negative for policy in policies)
    invalidations = Invalidations(valkey, names, seconds=int(longest) + _MARGIN)
    second = ValkeyEntries(valkey, names, invalidations, now=now)
    return CallCache(Flights(memory, now=now, report=report, second=second), now, invalidations)


def step_of(cache: CallCache | None, identity: Identity, operation: Operation) -> Callable[..., Any] | None:
    """Compiles the step of one operation; nothing where its answers are not kept."""
    if cache is None or operation.caching is None:
        return None
    handler = operation.handler
    step = CachedStep(
        handler.name,
        _digest(identity, operation),
        operation.caching,
        compile_canonical(handler.input),
        handler.timeout,
    )
    return partial(cache.compile, step)


def recalls_of(
    cache: CallCache, identity: Identity, functions: Iterable[CachedFunction], runtime: Runtime
) -> list[tuple[CachedFunction, Recall]]:
    """The step of each cached function in one application."""
    found: list[tuple[CachedFunction, Recall]] = []
    for function in functions:
        digest = sha256(to_json([identity.name, identity.version]) + function.step.digest).digest()
        step = replace(function.step, digest=digest)
        found.append((function, cache.compile(step, call_starter(function.handler, runtime), function.output.encode)))
    return found


@contextmanager
def recalling(recalls: list[tuple[CachedFunction, Recall]], runtime: Runtime) -> Generator[None]:
    """Let cached functions use the cache of one application while the block runs."""
    for function, recall in recalls:
        function.recalls.append((runtime, recall))
    try:
        yield
    finally:
        for function, recall in recalls:
            function.recalls.remove((runtime, recall))


def _digest(identity: Identity, operation: Operation) -> bytes:
    """What stands for a definition: replies of another one are never served."""
    schemas = [operation.input.schema, operation.output.schema]
    kept_by = [operation.caching.is_shared, sorted(operation.caching.vary)] if operation.caching else []
    return sha256(to_json([identity.name, identity.version, operation.name, *schemas, *kept_by])).digest()
