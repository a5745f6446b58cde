"""The command line: choose what to measure, measure it, show it, and write the results of a full run."""

import argparse
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from . import machine, speed, startup
from .budgets import judge
from .cores import require_cores
from .environments import Environment, prepare
from .errors import BenchError
from .places import RESULTS, RUN
from .report import Run, document, tables
from .rounds import FULL, QUICK, Plan
from .subjects import GROWTHS, SUBJECTS
from .wrk import require_wrk

STARTUP = "startup"
OWN = "plugwright"
GROWTH_PREFIX = "many-"


@dataclass(frozen=True)
class Choice:
    """What to measure: names of subjects, of growths (with their prefix), or ``startup``."""

    names: frozenset[str]
    plan: Plan
    is_complete: bool


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
        *(GROWTH_PREFIX + growth.name for growth in GROWTHS),
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
    facts = machine.facts()
    subjects = [subject for subject in SUBJECTS if subject.name in choice.names]
    growths = [growth for growth in GROWTHS if GROWTH_PREFIX + growth.name in choice.names]
    needs_own = bool(growths) or STARTUP in choice.names
    needed = {speed.BARE, *(subject.environment for subject in subjects), *((OWN,) if needs_own else ())}
    environments = {name: prepare(name) for name in sorted(needed)}
    _require_one_server(environments)
    measured: list[speed.Measured] = []
    for subject in subjects:
        measured.append(speed.measure(subject, environments, choice.plan))
        print(f"  {subject.name}: {measured[-1].comparison.ratio.text(3)} of bare", flush=True)
    grown: list[speed.Grown] = []
    for growth in growths:
        grown.append(speed.grow(growth, environments[OWN], choice.plan))
        print(f"  {growth.name}, {growth.many} operations: {grown[-1].cost.text(3)} x", flush=True)
    started = startup.measure(environments[OWN], choice.plan.starts) if STARTUP in choice.names else None
    budgets = judge(measured, grown, started)
    if not choice.is_complete:
        budgets = tuple(budget for budget in budgets if budget.measured is not None)
    return Run(choice.plan, tuple(measured), tuple(grown), budgets, tuple(environments.values()), facts)


def _require_one_server(environments: dict[str, Environment]) -> None:
    """Refuse to compare subjects on different servers."""
    for package in ("uvicorn", "uvloop", "httptools"):
        versions = {name: environment.versions.get(package) for name, environment in environments.items()}
        if len(set(versions.values())) > 1:
            message = f"the environments differ in {package}: {versions}"
            raise BenchError(message)
