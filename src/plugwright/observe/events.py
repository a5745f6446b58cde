"""What observers learn of a call when it has ended."""

from collections.abc import Callable
from typing import Protocol

from plugwright.observe.trace_context import TraceContext
from plugwright.principal import Principal

NOT_CACHED, HIT, MISS, STALE = "none", "hit", "miss", "stale"
"""Where an answer came from: no cache was asked, it had a fresh answer, none, or an old one that still serves."""


class Arrival(Protocol):
    """How a call came in, as far as observers care."""

    cache: str
    """What became of its last look into the cache."""

    @property
    def protocol(self) -> str:
        """The protocol: ``rest``, ``mcp`` or ``local``."""
        ...

    @property
    def request_id(self) -> str:
        """The request's id, made when somebody first asks for it: most calls never show theirs."""
        ...

    @property
    def principal(self) -> Principal | None:
        """Who is calling, once they have proved it."""
        ...

    @property
    def trace(self) -> TraceContext | None:
        """The trace that the caller says it belongs to; read when somebody asks, since most calls need not know."""
        ...


Observe = Callable[[Arrival, str, float], None]
"""Told of one call: how it came in, its outcome (``ok``, `REPLAYED` or an error's code), its duration in seconds."""

REPLAYED = "replayed"
"""The outcome of a call that was not run: it got what an earlier one with its idempotency key had ended with."""

Observer = Callable[[str], Observe]
"""Compiled per operation, by name, when the plugin starts."""
