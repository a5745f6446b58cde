"""The project's budgets: what was promised, what was measured, and whether it holds."""

from collections.abc import Mapping, Sequence
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
_NOBODY = "without token, scope, limit and cache, which the peer has not either"
_FULL = "with token, scope, limit, validation, cache hit and metrics"
_OF_BARE = (
    ("REST operation, nothing switched on", 0.65, "serve-rest"),
    ("REST operation with token and scope", 0.55, "signed-in-rest"),
    (f"REST operation {_FULL}", 0.50, "full-rest"),
    ("REST operation, cache hit with Valkey configured", 0.45, "cached-valkey-rest"),
    ("MCP tools/call with token and scope, 2026-07-28", 0.48, "signed-in-mcp"),
    (f"MCP tools/call {_FULL}, 2026-07-28", 0.45, "full-mcp"),
    ("MCP tools/call with token and scope, 2025-11-25", 0.48, "signed-in-mcp-legacy"),
    (f"MCP tools/call {_FULL}, 2025-11-25", 0.45, "full-mcp-legacy"),
)
_PLAIN = {"serve-rest": "plugwright-rest"}


def judge(
    measured: Sequence[Measured], grown: Sequence[Grown], issued: Sequence[Issued], startup: Startup | None
) -> tuple[Budget, ...]:
    """Hold every figure of a run against its budget."""
    ratio = {one.subject.name: one.comparison.ratio for one in measured}

    def times(own: str, peer: str) -> Spread | None:
        return ratio[own].over(ratio[peer]) if {own, peer} <= ratio.keys() else None

    speed = (
        *(
            Budget(title, at_least(bound, OF_BARE), ratio.get(name), _on_uvicorn(name, ratio))
            for title, bound, name in _OF_BARE
        ),
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
            "REST with token, scope, limit and cache against the guide's FastAPI plugin",
            at_least(3, TIMES),
            times("full-rest", "fastapi-guide"),
            "the FastAPI plugin compares one fixed token",
        ),
        Budget(
            "MCP call that asks an upstream, against FastMCP's OpenAPI import",
            at_least(6, TIMES),
            times("proxy-mcp", "fastmcp-proxy"),
        ),
    )
    growth = tuple(Budget(f"cost per call, {one.title}", at_most(1.05, "{:.2f} x"), one.cost) for one in grown)
    return (*speed, *_issuing(issued), *growth, *_starting(startup))


def _on_uvicorn(name: str, ratio: Mapping[str, Spread]) -> str:
    """What the same plugin reached without Plugwright's own server."""
    plain = ratio.get(_PLAIN.get(name, ""))
    return "" if plain is None else f"on plain uvicorn {plain.text(2)}"


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
