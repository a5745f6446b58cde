"""The limits of a plugin: its plans with a limiter each, which counts in this process or in Valkey."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plugwright.calls.limits import Counted, Limiter, compile_limiters
from plugwright.calls.plan import Plan
from plugwright.operations.limits import Limits
from plugwright.operations.operation import Operation

if TYPE_CHECKING:
    from plugwright.coordination.valkey import ValkeyClient


@dataclass(frozen=True, slots=True)
class Counting:
    """Where a plugin's calls are counted, by which clock, and how many processes serve it."""

    plugin: str
    clock: Callable[[], float]
    valkey: "ValkeyClient | None" = None
    processes: int = 1


def limit_plans(
    operations: Mapping[str, tuple[Operation, Plan]], plugin: Limits | None, counting: Counting
) -> dict[str, tuple[Operation, Plan]]:
    """The plans with their limits, where there are any; ``plugin`` are those of all operations together."""
    limits = {name: operation.limits for name, (operation, _) in operations.items()}
    if plugin is None and not any(limits.values()):
        return dict(operations)
    limiters = compile_limiters(limits, plugin, clock=counting.clock, make=_sharing(counting))
    return {
        name: (operation, replace(plan, limiter=limiters.get(name))) for name, (operation, plan) in operations.items()
    }


def _sharing(counting: Counting) -> Callable[[Sequence[Counted]], Limiter] | None:
    if counting.valkey is None:
        return None
    # The client is loaded only where there is something to reach.
    from plugwright.calls.shared_limits import SharedLimiter, Sharing  # noqa: PLC0415
    from plugwright.coordination.names import Names  # noqa: PLC0415

    sharing = Sharing(counting.valkey, Names(counting.plugin), counting.processes, counting.clock)
    return lambda counted: SharedLimiter(counted, sharing)
