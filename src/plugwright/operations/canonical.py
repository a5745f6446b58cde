"""Telling inputs apart: what a cache needs to know of a validated input.

Two calls may share an answer only if their handler cannot tell their inputs apart. Inputs of plain types are compared
as their validated values, so that a default and its own value written out are the same. Any other input is compared as
it came, because what its type writes as JSON may be less than what it holds, as with a secret.
"""

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter
from typing import Any, cast

from plugwright.json_types import is_object
from plugwright.operations.inputs import Input

# Types of pydantic's core schemas whose JSON says all that they hold.
_LOSSLESS = frozenset(
    {
        *("dataclass", "dataclass-args", "dataclass-field", "default", "nullable"),
        *("str", "int", "float", "bool", "none", "literal", "enum", "date", "datetime", "time", "uuid", "decimal"),
        *("list", "tuple", "dict", "union"),
    }
)
# Those of which two values are equal only if they are the same: not so datetimes, of which the time zone may differ.
_SINGLE = frozenset({"str", "int", "bool", "date", "uuid"})


@dataclass(frozen=True, slots=True)
class Canonical:
    """How inputs are told apart, from what came and its validated arguments.

    ``quick`` gives something hashable, for one process; ``text`` gives bytes that are the same in every process.
    ``is_plain``: the arguments alone tell it.
    """

    quick: Callable[[bytes | str, dict[str, Any]], Hashable]
    text: Callable[[bytes | str, dict[str, Any]], bytes]
    is_plain: bool = True


def compile_canonical(taken: Input) -> Canonical:
    """How the inputs of one function are told apart."""
    schema: Any = taken.adapter.core_schema
    if not _is_lossless(schema):
        return Canonical(_as_it_came, _as_it_came, is_plain=False)
    text = _as_validated(taken)
    if not taken.parameters:
        return Canonical(lambda raw, arguments: None, text)  # noqa: ARG005 the form of the others
    fields: list[Any] = schema["schema"]["fields"]
    if all(_is_single(field["schema"]) for field in fields):
        return Canonical(lambda raw, arguments: (*arguments.values(),), text)  # noqa: ARG005 as above
    return Canonical(text, text)


def as_sent(raw: bytes | str) -> bytes:
    """An input as it came: the same whatever the order of its names and the spaces between."""
    # Decimals keep every digit; which of two equal names counts is what the validator says too: the last.
    data = json.loads(raw, parse_float=Decimal, object_pairs_hook=_ordered)
    return b"=" + repr(data).encode("utf-8", "surrogatepass")


def _as_validated(taken: Input) -> Callable[[bytes | str, dict[str, Any]], bytes]:
    schema: Any = taken.adapter.core_schema
    kind: Any = schema["cls"]
    to_json = taken.adapter.serializer.to_json
    new = object.__new__

    def text(raw: bytes | str, arguments: dict[str, Any]) -> bytes:
        instance = new(kind)
        instance.__dict__ = arguments
        try:
            return to_json(instance, warnings=False)
        except ValueError:
            # A validator of the author's may have made anything of it. No such text begins like the others.
            return _as_it_came(raw, arguments)

    return text


def _as_it_came(raw: bytes | str, arguments: Mapping[str, Any]) -> bytes:  # noqa: ARG001 the form of the others
    return as_sent(raw)


def _ordered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(sorted(pairs, key=itemgetter(0)))


def _is_lossless(schema: Any) -> bool:
    """Whether a core schema, with all below it, writes everything that it holds."""
    if isinstance(schema, (list, tuple)):
        return all(map(_is_lossless, cast("list[Any]", schema)))
    if not is_object(schema):
        return True
    kind = schema.get("type")
    if kind is not None and kind not in _LOSSLESS:
        return False
    if "serialization" in schema or schema.get("serialization_exclude") or schema.get("init_only"):
        return False
    below = ("schema", "fields", "choices", "items_schema", "keys_schema", "values_schema")
    return all(_is_lossless(schema[key]) for key in below if key in schema)


def _is_single(schema: Any) -> bool:
    kind = schema["type"]
    if kind == "literal":
        return all(isinstance(value, str) for value in schema["expected"])
    return _is_single(schema["schema"]) if kind in {"default", "nullable"} else kind in _SINGLE
