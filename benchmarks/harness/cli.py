"""The command line: choose what to measure, measure it, show it, and write the results of a full run."""

import argparse
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from . import machine, postgres, speed, startup, token_endpoint, token_table
from .budgets import judge
from .cores import require_cores
from .environments import OWN, Environment, prepare
from .errors import BenchError
from .places import RESULTS, RUN
from .report import Run, document, tables
from .rounds import FULL, QUICK, Plan
from .subjects import GROWTHS, SUBJECTS, Growth, Subject
from .token_endpoint import TOKEN_SUBJECTS, TokenSubject
from .token_table import TOKEN_GROWTHS, TokenGrowth
from .wrk import require_wrk

STARTUP = "startup"
GROWTH_PREFIX = "many-"


@dataclass(frozen=True)
class Choice:
    """What to measure: names of subjects, of token requests, of growths (with their prefix), or ``startup``."""

    names: frozenset[str]
    plan: Plan
    is_complete: bool

    @property
    def subjects(self) -> list[Subject]:
        """The subjects that are held against bare ASGI."""
        return [one for one in SUBJECTS if one.name in self.names]

    @property
    def growths(self) -> list[Growth]:
        """The plugins with few and with many operations."""
        return [one for one in GROWTHS if GROWTH_PREFIX + one.name in self.names]

    @property
    def requests(self) -> list[TokenSubject]:
        """The token requests."""
        return [one for one in TOKEN_SUBJECTS if one.name in self.names]

    @property
    def tables(self) -> list[TokenGrowth]:
        """The plugins with few and with many tokens."""
        return [one for one in TOKEN_GROWTHS if GROWTH_PREFIX + one.name in self.names]

    @property
    def needs_postgres(self) -> bool:
        """Whether any of it is measured on PostgreSQL."""
        return bool(self.tables) or any(not one.is_sqlite for one in self.requests)

    @property
    def environments(self) -> set[str]:
        """The names of the environments that are needed."""
        has_neighbour = any(one.neighbour for one in self.subjects)
        needs_own = bool(self.growths or self.requests or self.tables or has_neighbour) or STARTUP in self.names
        return {speed.BARE, *(one.environment for one in self.subjects), *((OWN,) if needs_own else ())}


def main(arguments: Sequence[str]) -> int:
    """Run the benchmarks; 0 when all was right, 1 when a budget is missed, 2 when it could not run."""
    choice = _choose(arguments)
    # Leave by an exception, so that no server outlives the run.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    try:
        require_wrk()
        require_cores()
        run = _run(choice)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    print(f"\n{tables(run)}")
    if not choice.is_complete:
        return 0
    RESULTS.write_text(document(run), encoding="utf-8")
    missed = [budget.title for budget in run.budgets if budget.verdict == "missed"]
    print(f"budgets missed: {', '.join(missed) or 'none'}; written to benchmarks/{RESULTS.name}")
    return 1 if missed else 0


def _names() -> list[str]:
    return [
        *(subject.name for subject in SUBJECTS),
        *(subject.name for subject in TOKEN_SUBJECTS),
        *(GROWTH_PREFIX + growth.name for growth in (*GROWTHS, *TOKEN_GROWTHS)),
        STARTUP,
    ]


def _choose(arguments: Sequence[str]) -> Choice:
    parser = argparse.ArgumentParser(
        prog="benchmarks/run.py", description="Measure Plugwright against bare ASGI and against its peers."
    )
    parser.add_argument("--quick", action="store_true", help="a short look; RESULTS.md is left as it is")
    parser.add_argument(
        "--only",
        action="append",
        choices=_names(),
        metavar="NAME",
        help=f"measure only this (may be repeated); RESULTS.md is left as it is: {', '.join(_names())}",
    )
    chosen = parser.parse_args(arguments)
    names = frozenset(chosen.only or _names())
    return Choice(names, QUICK if chosen.quick else FULL, is_complete=not (chosen.quick or chosen.only))


def _run(choice: Choice) -> Run:
    RUN.mkdir(parents=True, exist_ok=True)
    facts = machine.facts(postgres.version() if choice.needs_postgres else None)
    environments = {name: prepare(name) for name in sorted(choice.environments)}
    _require_one_server(environments)
    measured: list[speed.Measured] = []
    for subject in choice.subjects:
        measured.append(speed.measure(subject, environments, choice.plan))
        _show(subject.name, f"{measured[-1].comparison.ratio.text(3)} of bare")
    grown: list[speed.Grown] = []
    for growth in choice.growths:
        grown.append(speed.grow(growth, environments[OWN], choice.plan))
        _show(GROWTH_PREFIX + growth.name, f"{grown[-1].cost.text(3)} x")
    issued, larger = _measure_tokens(choice, environments)
    grown += larger
    started = startup.measure(environments[OWN], choice.plan.starts) if STARTUP in choice.names else None
    budgets = judge(measured, grown, issued, started)
    if not choice.is_complete:
        budgets = tuple(budget for budget in budgets if budget.measured is not None)
    return Run(choice.plan, tuple(measured), tuple(grown), issued, budgets, tuple(environments.values()), facts)


def _measure_tokens(
    choice: Choice, environments: Mapping[str, Environment]
) -> tuple[tuple[token_endpoint.Issued, ...], list[speed.Grown]]:
    """Measure what needs a database of its own."""
    issued: list[token_endpoint.Issued] = []
    larger: list[speed.Grown] = []
    with postgres.running() if choice.needs_postgres else nullcontext() as database:
        for request in choice.requests:
            issued.append(token_endpoint.measure(request, environments[OWN], database, choice.plan))
            _show(request.name, f"{issued[-1].rate.text(0)} per second")
        if choice.tables and database is not None:
            larger = token_table.grow(choice.tables, environments[OWN], database, choice.plan)
            for growth, one in zip(choice.tables, larger, strict=True):
                _show(GROWTH_PREFIX + growth.name, f"{one.cost.text(3)} x")
    return tuple(issued), larger


def _show(name: str, figure: str) -> None:
    print(f"  {name}: {figure}", flush=True)


def _require_one_server(environments: dict[str, Environment]) -> None:
    """Refuse to compare subjects on different servers."""
    for package in ("uvicorn", "uvloop", "httptools"):
        versions = {name: environment.versions.get(package) for name, environment in environments.items()}
        if len(set(versions.values())) > 1:
            message = f"the environments differ in {package}: {versions}"
            raise BenchError(message)
