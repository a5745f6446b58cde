"""The project's budgets: what was promised, what was measured, and whether it holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from .figures import Spread
from .speed import Grown, Measured
from .startup import Startup
from .token_endpoint import Issued


@dataclass(frozen=True)
class Limit:
    """A bound that the median has to keep."""

    bound: float
    is_ceiling: bool
    form: str

    def keeps(self, measured: Spread) -> bool:
        """Whether the median is within the bound."""
        return measured.median <= self.bound if self.is_ceiling else measured.median >= self.bound

    def text(self) -> str:
        """Write the bound with its unit."""
        return f"{'≤' if self.is_ceiling else '≥'} {self.form.format(self.bound)}"


@dataclass(frozen=True)
class Budget:
    """One row: a promise, its limit, and what this run can say about it."""

    title: str
    limit: Limit
    measured: Spread | None
    remark: str = ""

    @property
    def verdict(self) -> str:
        """Met, missed, or not measured in this run."""
        if self.measured is None:
            return "not measured"
        return "met" if self.limit.keeps(self.measured) else "missed"

    @property
    def value(self) -> str:
        """The measured figure with its range."""
        return "" if self.measured is None else self.measured.text(2)


def at_least(bound: float, form: str) -> Limit:
    """A floor."""
    return Limit(bound, is_ceiling=False, form=form)


def at_most(bound: float, form: str) -> Limit:
    """A ceiling."""
    return Limit(bound, is_ceiling=True, form=form)


OF_BARE = "{:.2f} of bare"
TIMES = "{:.0f} x"
PER_SECOND = "{:.0f} per second"
_MISSING = "without limit and cache"
_NOBODY = f"without token and scope, which the peer has not either; {_MISSING}"
_FULL_PATH = "REST operation with token, scope, limit, validation, cache hit and metrics"


def judge(
    measured: Sequence[Measured], grown: Sequence[Grown], issued: Sequence[Issued], startup: Startup | None
) -> tuple[Budget, ...]:
    """Hold every figure of a run against its budget."""
    ratio = {one.subject.name: one.comparison.ratio for one in measured}

    def times(own: str, peer: str) -> Spread | None:
        return ratio[own].over(ratio[peer]) if {own, peer} <= ratio.keys() else None

    speed = (
        Budget("REST operation, nothing switched on", at_least(0.65, OF_BARE), ratio.get("plugwright-rest")),
        Budget("REST operation with token and scope", at_least(0.55, OF_BARE), ratio.get("signed-in-rest")),
        Budget(_FULL_PATH, at_least(0.50, OF_BARE), None, "no subject of this run has a limit and a cache"),
        *_signed_in_mcp("2026-07-28", ratio.get("signed-in-mcp")),
        *_signed_in_mcp("2025-11-25", ratio.get("signed-in-mcp-legacy")),
        Budget(
            "MCP tools/call against FastMCP, 2026-07-28",
            at_least(20, TIMES),
            times("serve-mcp", "fastmcp"),
            _NOBODY,
        ),
        Budget(
            "MCP tools/call against FastMCP, 2025-11-25",
            at_least(20, TIMES),
            times("serve-mcp-legacy", "fastmcp-legacy"),
            _NOBODY,
        ),
        Budget(
            "REST against the guide's FastAPI plugin",
            at_least(3, TIMES),
            times("serve-rest", "fastapi-guide"),
            f"without token and scope; the FastAPI plugin has its token check, CORS and log line on; {_MISSING}",
        ),
    )
    growth = tuple(Budget(f"cost per call, {one.title}", at_most(1.05, "{:.2f} x"), one.cost) for one in grown)
    return (*speed, *_issuing(issued), *growth, *_starting(startup))


def _signed_in_mcp(version: str, ratio: Spread | None) -> tuple[Budget, ...]:
    return (
        Budget(f"MCP tools/call with token and scope, {version}", at_least(0.48, OF_BARE), ratio),
        Budget(
            f"MCP tools/call with token, scope, limit and cache, {version}", at_least(0.45, OF_BARE), ratio, _MISSING
        ),
    )


def _issuing(issued: Sequence[Issued]) -> tuple[Budget, ...]:
    return tuple(
        Budget(f"{one.subject.title}, one core", at_least(150, PER_SECOND), one.rate)
        for one in issued
        if one.subject.has_budget
    )


def _starting(startup: Startup | None) -> tuple[Budget, ...]:
    if startup is None:
        return ()
    return (
        Budget("import plugwright", at_most(0.30, "{:.2f} s"), startup.import_seconds),
        Budget("plugwright --help", at_most(0.40, "{:.2f} s"), startup.help_seconds),
        Budget("idle memory of a served plugin", at_most(70, "{:.0f} MB"), startup.idle_mb),
    )
