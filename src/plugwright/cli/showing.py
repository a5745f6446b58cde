"""What the commands of an operator print: tables and facts for people, JSON for programs."""

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Cell = str | int | None

_NO_WIDTHS: Mapping[str, int] = MappingProxyType({})
_WIDE = 1000  # columns where no terminal says how many: one line a row, for other programs


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    sys.stdout.write(_without_controls(json.dumps(value, indent=2, ensure_ascii=False)) + "\n")


def print_json_line(value: Any) -> None:
    """Print a value as one line of JSON."""
    sys.stdout.write(_without_controls(json.dumps(value, ensure_ascii=False)) + "\n")


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    folded: Collection[str],
    empty: str,
    has_header: bool = True,
    widths: Mapping[str, int] = _NO_WIDTHS,
) -> None:
    """Print rows under their columns, of which some may take several lines; or say that there are no rows.

    ``widths`` are the least ones of columns, by which tables that follow each other are alike.
    """
    if not rows:
        sys.stderr.write(f"{empty}\n")
        return
    table = Table(
        *(
            Column(
                name,
                no_wrap=name not in folded,
                overflow="fold",
                min_width=widths.get(name),
            )
            for name in columns
        ),
        box=None,
        pad_edge=False,
        show_header=has_header,
    )
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)


def print_facts(facts: Sequence[tuple[str, Cell | Sequence[str]]]) -> None:
    """Print names and values, one a line; what is absent is left out."""
    width = max(len(name) for name, _ in facts) + 2
    for name, value in facts:
        if value is None or value == ():
            continue
        lines = [_cell(value)] if isinstance(value, str | int) else [_cell(line) for line in value]
        for label, line in zip([name, *[""] * (len(lines) - 1)], lines, strict=True):
            sys.stdout.write(f"{label:<{width}}{line}\n")


def say(line: str) -> None:
    """Print what was done."""
    sys.stdout.write(f"{_cell(line)}\n")


def moment(seconds: float | None) -> str | None:
    """A time as programs read it (RFC 3339, UTC)."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def day(seconds: float | None) -> str | None:
    """The day of a time in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _cell(value: Cell) -> str:
    # Clients name themselves; a terminal would obey what is no letter in a name.
    text = "-" if value is None else str(value)
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _without_controls(text: str) -> str:
    return "".join(letter if letter.isprintable() or letter == "\n" else json.dumps(letter)[1:-1] for letter in text)
