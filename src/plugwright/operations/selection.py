"""``fields``: the input by which callers choose which fields of an answer they get."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any, NoReturn, TypeAlias

from pydantic_core import from_json, to_json

from plugwright.errors import Detail, InvalidInput, SetupError
from plugwright.json_types import is_array, is_object
from plugwright.operations.inputs import Input
from plugwright.operations.schemas import Schema, resolve

FIELDS = "fields"
_MOST = 100  # names that are published; deeper levels are left out when there would be more
_DESCRIPTION = "Only these fields of the answer; leave out for all"

Tree: TypeAlias = dict[str, "Tree | None"]
"""Chosen fields by name; of one without a tree of its own everything is chosen."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The fields that callers can choose from. ``input`` is that of the operation with ``fields`` added."""

    names: tuple[str, ...]
    input: Input

    def split(self, raw: bytes | str) -> tuple[bytes | str, Tree | None]:
        """An input without its ``fields``, and what they choose; nothing: the whole answer.

        Raises:
            InvalidInput: they are not names of fields.
        """
        return _split(raw, self.names)


def compile_selection(name: str, taken: Input, names: tuple[str, ...]) -> Selection:
    """Offer a choice of fields to the callers of an operation.

    Raises:
        SetupError: the operation has an input of that name.
    """
    if FIELDS in taken.properties:
        raise SetupError(f"{name}: its parameter {FIELDS!r} is what fields=True adds; rename it or leave fields out")
    offered: Schema = {
        "type": "array",
        "items": {"type": "string", "enum": list(names)},
        "minItems": 1,
        "description": _DESCRIPTION,
    }
    schema = {**taken.schema, "properties": {**taken.properties, FIELDS: offered}}

    def decode(raw: bytes | str) -> dict[str, Any]:
        return taken.decode(_split(raw, names)[0])

    return Selection(names, replace(taken, schema=schema, decode=decode))


def fields_of(schema: Schema) -> tuple[str, ...]:
    """The names of an answer's fields, through lists and unions, outer ones first; dotted where they are within others.

    A type that contains itself is named once on every way, and what has a dot or a comma in its name not at all. Where
    there are more than a hundred names, only as many levels count as have fewer, the first in any case.
    """
    names: dict[str, None] = {}
    level: list[tuple[str, Schema, frozenset[str]]] = [("", schema, frozenset())]
    while level:
        level = [
            (f"{prefix}.{name}" if prefix else name, part, seen)
            for prefix, above, passed in level
            for name, part, seen in _properties(above, schema, passed)
        ]
        found = dict.fromkeys(name for name, _, _ in level)
        if names and len(names) + len(found) > _MOST:
            break
        names |= found
    return tuple(names)


def selected(answer: bytes, tree: Tree) -> bytes:
    """What is chosen of an answer."""
    return to_json(_chosen(from_json(answer), tree))


def _chosen(value: Any, tree: Tree) -> Any:
    if is_array(value):
        return [_chosen(item, tree) for item in value]
    if not is_object(value):
        return value
    chosen: dict[str, Any] = {}
    for name, held in value.items():
        if name in tree:
            below = tree[name]
            chosen[name] = held if below is None else _chosen(held, below)
    return chosen


def _properties(
    schema: Schema, root: Schema, passed: frozenset[str]
) -> Generator[tuple[str, Schema, frozenset[str]], None, None]:
    """The properties of a schema through lists and unions, each with the references on the way to it."""
    reference = schema.get("$ref")
    if reference is not None:
        if reference in passed:
            return
        passed |= {reference}
        schema = resolve(schema, root)
    for name, part in schema.get("properties", {}).items():
        if "." not in name and "," not in name:
            yield name, part, passed
    within = [part for key in ("anyOf", "oneOf", "allOf", "prefixItems") for part in schema.get(key, ())]
    if is_object(schema.get("items")):
        within.append(schema["items"])
    for part in within:
        yield from _properties(part, root, passed)


def _split(raw: bytes | str, names: tuple[str, ...]) -> tuple[bytes | str, Tree | None]:
    # Most inputs choose nothing, and need not be parsed to see that; a name may be written with escapes.
    if isinstance(raw, bytes):
        if b'"fields"' not in raw and b"\\" not in raw:
            return raw, None
    elif '"fields"' not in raw and "\\" not in raw:
        return raw, None
    try:
        data = from_json(raw)
    except ValueError:
        return raw, None  # the validator says what is wrong with it
    if not is_object(data) or FIELDS not in data:
        return raw, None
    chosen = data.pop(FIELDS)
    return to_json(data), _tree(chosen, names)


def _tree(chosen: Any, names: tuple[str, ...]) -> Tree:
    if not is_array(chosen) or not chosen:
        _refuse(FIELDS, f"Must be a list of at least one name; there are {', '.join(names)}")
    tree: Tree = {}
    for number, name in enumerate(chosen):
        if name not in names:
            _refuse(f"{FIELDS}.{number}", f"Unknown field; there are {', '.join(names)}")
        _add(tree, name)
    return tree


def _add(tree: Tree, name: str) -> None:
    *above, last = name.split(".")
    for step in above:
        below = tree.setdefault(step, {})
        if below is None:
            return  # all of it is chosen already
        tree = below
    tree[last] = None


def _refuse(field: str, problem: str) -> NoReturn:
    raise InvalidInput(f"Invalid input: {field}: {problem}", details=[Detail(field, problem)])
