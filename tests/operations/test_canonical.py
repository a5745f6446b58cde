"""Telling inputs apart: never the same key for two inputs that a handler could tell apart."""

from __future__ import annotations

import enum
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, PlainSerializer, SecretStr, TypeAdapter

from plugwright import Call
from plugwright.operations.canonical import Canonical, compile_canonical
from plugwright.operations.inputs import Input, compile_input
from plugwright.operations.signature import read_signature


class Color(enum.Enum):
    RED = "red"
    ONE = 1


class Place(BaseModel):
    name: str
    note: str = Field(default="", exclude=True)


def compiled(annotation: Any, default: Any = ...) -> tuple[Input, Canonical]:
    def look(value: Any) -> None: ...

    look.__annotations__["value"] = annotation
    if default is not ...:
        look.__defaults__ = (default,)
    taken = compile_input(read_signature(look, call_type=Call), {})
    return taken, compile_canonical(taken)


def keys(annotation: Any, raw: str, default: Any = ...) -> tuple[Any, bytes]:
    taken, canonical = compiled(annotation, default)
    return canonical.quick(raw, taken.decode(raw)), canonical.text(raw, taken.decode(raw))


def _star(value: str) -> str:
    return "*"


@pytest.mark.parametrize(
    ("annotation", "one", "other"),
    [
        (str, '"a"', '"b"'),
        (str | None, "null", '"None"'),
        (int | bool, "1", "true"),
        (int | float, "1", "1.5"),
        (Literal[1, True], "1", "true"),
        (Color, '"red"', "1"),
        (float, "0.0", "-0.0"),
        (Decimal, '"1.0"', '"1.00"'),
        (list[Decimal], '["0.1"]', '["0.10000000000000000001"]'),
        (AwareDatetime, '"2026-01-01T12:00:00Z"', '"2026-01-01T13:00:00+01:00"'),
        (SecretStr, '"a"', '"b"'),
        (list[SecretStr], '["a"]', '["b"]'),
        (Annotated[str, PlainSerializer(_star)], '"a"', '"b"'),
        (Place, '{"name": "a", "note": "b"}', '{"name": "a", "note": "c"}'),
        (Place, '{"name": "a", "note": ""}', '{"name": "a"}'),
        (list[str], '["a", "b"]', '["a,b"]'),
        (list[str], '["a", "b"]', '["b", "a"]'),
        (dict[str, int], '{"a": 1}', '{"a": 2}'),
        (Any, "1.5", "[\"Decimal('1.5')\"]"),
        (Any, "1.5", "\"Decimal('1.5')\""),
        (Any, '{"a": 1}', '[["a", 1]]'),
    ],
)
def test_different_inputs_have_different_keys(annotation: Any, one: str, other: str) -> None:
    first, second = (keys(annotation, f'{{"value": {text}}}') for text in (one, other))

    assert first[0] != second[0]
    assert first[1] != second[1]


@pytest.mark.parametrize(
    ("annotation", "default", "one", "other"),
    [
        (str, "a", "{}", '{"value": "a"}'),
        (int, 1, '{"value": 1}', '{"value": 1.0}'),
        (str | None, None, "{}", '{ "value" : null }'),
        (list[str], ["a"], "{}", '{"value": ["a"]}'),
        (Annotated[str, Field(min_length=1), AfterValidator(str.strip)], ..., '{"value": "a"}', '{ "value": "a" }'),
        (Place, ..., '{"value": {"name": "a", "note": "b"}}', '{"value": {"note": "b", "name": "a"}}'),
    ],
)
def test_inputs_that_mean_the_same_have_one_key(annotation: Any, default: Any, one: str, other: str) -> None:
    assert keys(annotation, one, default) == keys(annotation, other, default)


def test_what_a_validator_made_unfit_for_json_is_compared_as_it_came() -> None:
    taken, canonical = compiled(str)

    assert canonical.text('{"value": "a"}', {"value": object()}) != canonical.text(
        '{"value": "b"}', {"value": object()}
    )
    assert taken.parameters


def test_a_function_without_inputs_has_one_key() -> None:
    def look() -> None: ...

    taken = compile_input(read_signature(look, call_type=Call), {})
    canonical = compile_canonical(taken)

    assert canonical.quick("{}", taken.decode("{}")) == canonical.quick(b"{ }", taken.decode(b"{ }"))
    assert canonical.text("{}", taken.decode("{}")) == b"{}"


def test_names_given_twice_count_as_the_validator_counts_them() -> None:
    decode: Callable[[str], Any] = TypeAdapter(dict[str, Any]).validate_json
    raw = '{"value": {"a": 1, "a": 2}}'

    assert decode(raw) == {"value": {"a": 2}}
    assert keys(Any, raw)[1] == keys(Any, '{"value": {"a": 2}}')[1]
