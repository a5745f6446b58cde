"""The results as Markdown: for the terminal as it is, and for RESULTS.md."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .budgets import Budget
from .environments import Environment
from .rounds import Plan
from .speed import Grown, Measured
from .token_endpoint import CONNECTIONS, Issued

_INTRODUCTION = """# Results

Written by `make bench`; what is compared, and how to read it, is in [README.md](README.md).
Only the ratios are comparable between machines. Ranges are the smallest and the largest round.
"""

DISTURBED = 0.9
_WARNING = """**The machine was disturbed: in one round a server had only {:.0%} of its core.
Do not trust these figures; measure again on a machine that does nothing else.**
"""
_SPEED_COLUMNS = (
    "subject",
    "of bare ASGI, median (range)",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "CPU µs/request",
    "memory MB",
    "least busy",
)
_ISSUED_COLUMNS = (
    "token request",
    "requests/s, median (range)",
    "p50 ms",
    "p99 ms",
    "CPU ms/request",
    "share of its core",
    "memory MB",
)


@dataclass(frozen=True)
class Run:
    """All that one run has to tell."""

    plan: Plan
    measured: tuple[Measured, ...]
    grown: tuple[Grown, ...]
    issued: tuple[Issued, ...]
    budgets: tuple[Budget, ...]
    environments: tuple[Environment, ...]
    machine: Sequence[tuple[str, str]]

    @property
    def least_busy(self) -> float:
        """The smallest share of its core that any server had in any round, unless it waits for a database."""
        alone = (*self.measured, *(one for one in self.grown if not one.has_database))
        return min((one.comparison.least_busy for one in alone), default=1.0)


def tables(run: Run) -> str:
    """The figures alone, with a warning if the machine did something else meanwhile."""
    parts: list[str] = []
    if run.measured:
        rounds = f"{run.plan.rounds} rounds of {run.plan.seconds} s, each beside one of the bare app."
        parts.append(f"## Speed\n\n{rounds}\n\n{_speed(run.measured)}")
    if run.issued:
        rounds = f"{run.plan.rounds} rounds of {run.plan.seconds} s, {CONNECTIONS} connections."
        parts.append(f"## Token endpoint\n\n{rounds}\n\n{_issued(run.issued)}")
    if run.budgets:
        parts.append(f"## Budgets\n\n{_budgets(run.budgets)}")
    if run.least_busy < DISTURBED:
        parts.insert(0, _WARNING.format(run.least_busy))
    return "\n".join(parts)


def document(run: Run) -> str:
    """The whole of RESULTS.md."""
    machine = _table(("fact", "value"), run.machine)
    versions = _table(
        ("environment", "packages"),
        [
            (one.name, ", ".join(f"{name} {version}" for name, version in one.versions.items()))
            for one in run.environments
        ],
    )
    return "\n".join((_INTRODUCTION, tables(run), f"## Machine\n\n{machine}", f"## Versions\n\n{versions}"))


def _speed(measured: Iterable[Measured]) -> str:
    return _table(_SPEED_COLUMNS, [_speed_row(one) for one in measured], numbers_from=1)


def _speed_row(one: Measured) -> tuple[str, ...]:
    comparison = one.comparison
    return (
        one.subject.title,
        comparison.ratio.text(3),
        f"{comparison.typical(lambda one: one.sample.requests_per_second):,.0f}",
        f"{comparison.typical(lambda one: one.sample.p50_ms):.2f}",
        f"{comparison.typical(lambda one: one.sample.p99_ms):.2f}",
        f"{comparison.typical(lambda one: one.cpu_us):.0f}",
        f"{one.rss_mb:.1f}",
        f"{comparison.least_busy:.0%}",
    )


def _issued(issued: Iterable[Issued]) -> str:
    return _table(_ISSUED_COLUMNS, [_issued_row(one) for one in issued], numbers_from=1)


def _issued_row(one: Issued) -> tuple[str, ...]:
    return (
        one.subject.title,
        one.rate.text(0),
        f"{one.typical(lambda one: one.sample.p50_ms):.1f}",
        f"{one.typical(lambda one: one.sample.p99_ms):.1f}",
        f"{one.typical(lambda one: one.cpu_us) / 1e3:.2f}",
        f"{one.typical(lambda one: one.busy):.0%}",
        f"{one.rss_mb:.1f}",
    )


def _budgets(budgets: Iterable[Budget]) -> str:
    columns = ("budget", "limit", "measured, median (range)", "verdict", "remark")
    rows = [(one.title, one.limit.text(), one.value, one.verdict, one.remark) for one in budgets]
    return _table(columns, rows)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]], numbers_from: int | None = None) -> str:
    from_column = len(columns) if numbers_from is None else numbers_from
    rule = ["---" if position < from_column else "---:" for position in range(len(columns))]
    lines = [columns, rule, *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
