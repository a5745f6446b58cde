"""Properties of the way from a text to a value: query string or path, JSON, validator."""

import gc
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugwright import PlugwrightError
from tests.operations.plugins import plugin_of, served, taking
from tests.operations.samples import Color, Stars

QUICK = settings(deadline=None, max_examples=25)  # a busy machine may be slow: the number of tries is the bound


def plain(value: Any) -> str:
    """A value as a query string writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Kind:
    """A type, values of it, and how one is written."""

    name: str
    annotation: Any
    values: st.SearchStrategy[Any]
    written: Callable[[Any], str] = plain


KINDS = (
    Kind("text", str, st.text()),
    Kind("integer", int, st.integers()),
    Kind("number", float, st.floats(allow_nan=False, allow_infinity=False)),
    Kind("boolean", bool, st.booleans()),
    Kind("enum", Color, st.sampled_from(Color), lambda value: value.value),
    Kind("number enum", Stars, st.sampled_from(Stars), lambda value: str(value.value)),
    Kind("date", date, st.dates()),
    Kind("datetime", datetime, st.datetimes(), lambda value: value.isoformat()),
    Kind("uuid", UUID, st.uuids()),
    Kind("optional", int | None, st.integers()),
    Kind("union", int | str, st.integers()),
)


def fits_segment(text: str) -> bool:
    """Whether a text may be one segment of a path: servers decode ``%2F`` before they split, clients resolve dots."""
    return text not in {"", ".", ".."} and "/" not in text


each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@each_kind
def test_a_value_written_in_a_query_arrives_as_it_was(kind: Kind):
    received: list[Any] = []
    with served(plugin_of(taking(kind.annotation, received))) as request:

        @QUICK
        @given(kind.values)
        def arrives(value: Any) -> None:
            reply = request("GET", "/take?" + urlencode({"value": kind.written(value)}))
            assert reply.status == 200, reply.text
            assert received.pop() == value

        arrives()


@each_kind
def test_a_value_written_in_a_path_arrives_as_it_was(kind: Kind):
    received: list[Any] = []
    with served(plugin_of(taking(kind.annotation, received), path="/take/{value}")) as request:

        @QUICK
        @given(kind.values.filter(lambda value: fits_segment(kind.written(value))))
        def arrives(value: Any) -> None:
            reply = request("GET", "/take/" + quote(kind.written(value), safe=""))
            assert reply.status == 200, reply.text
            assert received.pop() == value

        arrives()


@each_kind
def test_a_list_is_a_repeated_parameter(kind: Kind):
    received: list[Any] = []
    annotation = list[kind.annotation]
    with served(plugin_of(taking(annotation, received))) as request:

        @QUICK
        @given(st.lists(kind.values, min_size=1, max_size=5))
        def arrives(values: list[Any]) -> None:
            query = urlencode({"value": [kind.written(value) for value in values]}, doseq=True)
            reply = request("GET", f"/take?{query}")
            assert reply.status == 200, reply.text
            assert received.pop() == values

        arrives()


NUMBERS = st.sampled_from(
    ["1.0", "+5", " 5", "5 ", "0x10", "1_000", "05", "1e3", "5,5", "--5", "", "null", "NaN", "True"]
)
ASCII = st.text(st.characters(max_codepoint=126, min_codepoint=32))


@pytest.mark.parametrize("annotation", [int, float, bool, list[int], int | None, Stars, date], ids=str)
def test_any_other_text_is_refused_by_its_field_and_never_fails(annotation: Any):
    received: list[Any] = []
    with served(plugin_of(taking(annotation, received))) as request:

        @QUICK
        @given(NUMBERS | ASCII)
        def is_taken_or_refused(text: str) -> None:
            reply = request("GET", "/take?" + urlencode({"value": text}))
            if reply.status == 200:
                assert received.pop() is not None
                return
            assert (reply.status, reply.json()["code"]) == (400, "invalid_input")
            assert {detail["field"].split(".")[0] for detail in reply.json()["details"]} == {"value"}

        is_taken_or_refused()


@pytest.mark.parametrize("text", ["1.0", "+5", " 5", "5 ", "0x10", "1_000", "05", "1e3", "--5", "", "null", "True"])
def test_an_integer_has_one_way_to_be_written(text: str):
    with served(plugin_of(taking(int, []))) as request:
        assert request("GET", "/take?" + urlencode({"value": text})).status == 400


@pytest.mark.parametrize("text", ["True", "1", "0", "yes", "on", "TRUE", ""])
def test_a_boolean_is_true_or_false(text: str):
    with served(plugin_of(taking(bool, []))) as request:
        assert request("GET", f"/take?value={text}").status == 400


@pytest.mark.parametrize("text", ["1\u0665", "1" * 5000, "\uff15"])
def test_other_digits_and_endless_numbers_are_refused_by_their_field(text: str):
    with served(plugin_of(taking(int, []))) as request:
        reply = request("GET", "/take?" + urlencode({"value": text}))
    assert (reply.status, reply.json()["code"]) == (400, "invalid_input")
    assert reply.json()["details"][0]["field"] == "value"


@pytest.mark.parametrize("text", ["1.10", "12345678901234567890.123456789", "0.1"])
def test_a_decimal_keeps_its_digits(text: str):
    received: list[Any] = []
    with served(plugin_of(taking(Decimal, received))) as request:
        assert request("GET", f"/take?value={text}").status == 200
    assert [str(value) for value in received] == [text]


def test_lists_of_lists_need_a_body_wherever_they_stand():
    with served(plugin_of(taking(list[int] | list[list[int]], []))) as request:
        assert request("POST", "/take", json={"value": [[1]]}).status == 200


def test_a_bad_query_string_leaves_nothing_behind():
    with served(plugin_of(taking(int, []))) as request:
        for _ in range(30):
            assert request("GET", "/take?value=%ff").status == 400
    gc.collect()
    assert max(traces_of_errors_alive(), default=0) < 20


def traces_of_errors_alive() -> list[int]:
    """How long the tracebacks are that errors still alive hold."""
    alive = [thing for thing in gc.get_objects() if isinstance(thing, PlugwrightError) and "UTF-8" in thing.message]
    return [sum(1 for _ in traceback.walk_tb(error.__traceback__)) for error in alive]


def test_a_single_value_given_twice_is_refused():
    with served(plugin_of(taking(int, []))) as request:
        reply = request("GET", "/take?value=1&value=2")
    assert reply.status == 400
    assert reply.json()["details"] == [{"field": "value", "problem": "Given twice; it takes one value"}]
