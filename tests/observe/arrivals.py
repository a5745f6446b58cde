"""Calls as observers see them."""

from dataclasses import dataclass

from plugwright.observe.trace_context import TraceContext
from plugwright.principal import Principal


@dataclass
class Came:
    """A call with an id that came over some protocol."""

    request_id: str
    protocol: str = "rest"
    principal: Principal | None = None
    trace: TraceContext | None = None
    cache: str = "none"
