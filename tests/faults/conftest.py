"""Figures of the full runs, printed at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from operator import itemgetter
from typing import Any, Final

import pytest

Show = Callable[[str, Counter[str]], None]
FIGURES: Final = pytest.StashKey[list[str]]()


@pytest.fixture
def show(pytestconfig: pytest.Config) -> Show:
    """Adds figures under a title to what is printed when all has run."""
    lines = pytestconfig.stash.setdefault(FIGURES, [])

    def add(title: str, figures: Counter[str]) -> None:
        lines.append(title)
        lines.extend(f"{number:>9,}  {name}" for name, number in sorted(figures.items(), key=itemgetter(0)))

    return add


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the figures of one of several processes to the one that prints."""
    handed: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if handed is not None:
        handed["figures"] = session.config.stash.setdefault(FIGURES, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take them."""
    output: dict[str, Any] = getattr(node, "workeroutput", {})
    node.config.stash.setdefault(FIGURES, []).extend(output.get("figures", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print them."""
    lines = config.stash.setdefault(FIGURES, [])
    if lines:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(lines))
