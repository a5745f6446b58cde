"""What observers learn of a call when it has ended."""

from collections.abc import Callable
from typing import Protocol

from plugwright.principal import Principal


class Arrival(Protocol):
    """How a call came in, as far as observers care."""

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


Observe = Callable[[Arrival, str, float], None]
"""Told of one call: how it came in, its outcome (``ok`` or an error's code), its duration in seconds."""

Observer = Callable[[str], Observe]
"""Compiled per operation, by name, when the plugin starts."""
