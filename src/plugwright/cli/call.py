"""``plugwright call``: one operation, run in process."""

import asyncio
import json
import os
import sys
from typing import Annotated, Any

import typer
from pydantic_core import from_json

from plugwright.cli.loading import load_plugin
from plugwright.cli.serve import Target
from plugwright.errors import PlugwrightError, SetupError
from plugwright.operations.operation import Operation
from plugwright.operations.schemas import item_schemas, wire_kinds
from plugwright.operations.texts import text_encoders
from plugwright.plugin import Plugin


def call(
    target: Target,
    name: Annotated[str, typer.Argument(help="The operation's name, as `plugwright list` shows it.")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY=VALUE]...", help="Inputs. Repeat a key for a list; JSON is taken for nested ones."
        ),
    ] = None,
) -> None:
    """Run one operation in process and print its answer as JSON. Exit code 1 when the operation refuses."""
    os.environ.setdefault("PLUGWRIGHT_CALL_LOG", "false")
    plugin = load_plugin(target)
    given = _arguments(plugin, name, arguments or [])
    try:
        answer = asyncio.run(plugin.invoke(name, given))
    except SetupError:
        raise
    except PlugwrightError as error:
        sys.stderr.write(f"{error.code}: {error.message}\n")
        for detail in error.details:
            sys.stderr.write(f"  {detail.field}: {detail.problem}\n")
        raise typer.Exit(1) from None
    sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")


def _arguments(plugin: Plugin, name: str, pairs: list[str]) -> dict[str, Any]:
    operation = plugin.registry.operations.get(name)
    if operation is None:
        known = ", ".join(sorted(plugin.registry.operations)) or "none"
        raise SetupError(f"there is no operation {name!r}; there are: {known}")
    encoders = text_encoders(operation.input)
    given: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise SetupError(f"{pair!r} is not of the form KEY=VALUE")
        schema = operation.input.properties.get(key, {"type": "string"})
        kinds = wire_kinds(schema, operation.input.schema)
        if "array" in kinds and not text.startswith("["):
            given.setdefault(key, []).append(_item(operation, key, text))
        elif key in given:
            raise SetupError(f"{key} is given twice; it takes one value")
        elif kinds & {"array", "object"}:
            given[key] = _json(key, text)
        else:
            given[key] = from_json(encoders[key](text)) if key in encoders else text
    return given


def _item(operation: Operation, key: str, text: str) -> Any:
    items = item_schemas(operation.input.properties[key], operation.input.schema)
    if any("object" in wire_kinds(item, operation.input.schema) for item in items):
        return _json(key, text)
    return from_json(text_encoders(operation.input)[key](text))


def _json(key: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise SetupError(f"{key}: {text!r} is not JSON: {error}") from None
