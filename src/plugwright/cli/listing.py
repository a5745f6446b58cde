"""``plugwright list``: what a plugin offers."""

import json
import sys
from typing import Annotated, Any

import typer

from plugwright.cli.loading import load_plugin
from plugwright.cli.serve import Target
from plugwright.operations.operation import Operation


def list_operations(
    target: Target,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show a plugin's operations."""
    operations = sorted(load_plugin(target).registry.operations.values(), key=lambda operation: operation.name)
    if as_json:
        sys.stdout.write(json.dumps([_row(operation) for operation in operations], indent=2, ensure_ascii=False) + "\n")
        return
    from rich.console import Console  # noqa: PLC0415 only the table needs rich
    from rich.table import Column, Table  # noqa: PLC0415 only the table needs rich
    from rich.text import Text  # noqa: PLC0415 only the table needs rich

    table = Table(
        Column("operation", no_wrap=True),
        "effect",
        Column("REST", overflow="fold"),
        "inputs",
        "what it does",
        box=None,
        pad_edge=False,
    )
    for operation in operations:
        inputs = ", ".join(
            name if name in operation.input.required else f"[{name}]" for name in operation.input.properties
        )
        cells = (operation.name, operation.effect, f"{operation.method} {operation.path}", inputs, operation.summary)
        table.add_row(*map(Text, cells))
    Console().print(table)


def _row(operation: Operation) -> dict[str, Any]:
    return {
        "name": operation.name,
        "title": operation.title,
        "summary": operation.summary,
        "effect": operation.effect,
        "open_world": operation.open_world,
        "idempotent": operation.idempotent,
        "method": operation.method,
        "path": operation.path,
        "input": operation.input_schema,
        "output": operation.output.schema,
    }
