"""The cache of a plugin: made where something is cached, and what each of its operations is kept by."""

from collections.abc import Callable, Iterable
from functools import partial
from hashlib import sha256
from typing import Any

from pydantic_core import to_json

from plugwright.calls.cache import CachedStep, CallCache
from plugwright.calls.flights import Flights
from plugwright.coordination.memory import MemoryTier
from plugwright.operations.canonical import compile_canonical
from plugwright.operations.identity import Identity
from plugwright.operations.operation import Operation
from plugwright.settings import Settings


def make_cache(
    operations: Iterable[Operation],
    settings: Settings,
    *,
    now: Callable[[], float],
    report: Callable[[str, str, BaseException], None],
) -> CallCache | None:
    """The cache, if anything is cached."""
    if not any(operation.caching for operation in operations):
        return None
    return CallCache(Flights(MemoryTier(settings.cache_bytes), now=now, report=report), now)


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


def _digest(identity: Identity, operation: Operation) -> bytes:
    """What stands for a definition: replies of another one are never served."""
    schemas = [operation.input.schema, operation.output.schema]
    kept_by = [operation.caching.is_shared, sorted(operation.caching.vary)] if operation.caching else []
    return sha256(to_json([identity.name, identity.version, operation.name, *schemas, *kept_by])).digest()
