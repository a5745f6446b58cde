"""Query strings and path parameters: what they carry, and how each fault in them is named."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import Field

from plugwright import Plugin
from plugwright.testing import Client
from tests.rest.replies import only_detail
from tests.web.plugins import new_plugin
from tests.web.requests import send_raw


class Unit(StrEnum):
    """A unit of temperature."""

    CELSIUS = "celsius"
    KELVIN = "kelvin"


def counting() -> Plugin:
    """A plugin whose operation answers its one integer."""
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/count")
    async def count(number: int) -> int:
        """Answer a number."""
        return number

    return plugin


def speaking() -> Plugin:
    """A plugin whose operation answers its one text."""
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/say")
    async def say(text: str) -> str:
        """Answer a text."""
        return text

    return plugin


async def test_every_scalar_type_arrives_as_its_python_type() -> None:
    plugin = new_plugin()
    seen: list[Any] = []

    @plugin.operation(effect="read", open_world=False, path="/all")
    async def take_all(
        *,
        text: str,
        whole: int,
        real: float,
        flag: bool,
        unit: Unit,
        mode: Literal["fast", "slow"],
        level: Literal[1, 2],
        day: date,
        key: UUID,
        either: int | str,
        maybe: float | None = None,
    ) -> None:
        """Take one of each."""
        seen.extend([text, whole, real, flag, unit, mode, level, day, key, either, maybe])

    async with Client(plugin) as client:
        reply = await client.get(
            "/all?text=5&whole=-7&real=1e3&flag=true&unit=kelvin&mode=slow&level=2&day=2026-11-22"
            "&key=12345678-1234-5678-1234-567812345678&either=x&maybe=0.5"
        )

    assert reply.status == 204
    assert seen == [
        "5",
        -7,
        1000.0,
        True,
        Unit.KELVIN,
        "slow",
        2,
        date(2026, 11, 22),
        UUID("12345678-1234-5678-1234-567812345678"),
        "x",
        0.5,
    ]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("%E4%B8%9C%E4%BA%AC", "东京"),
        ("東京", "東京"),
        ("a+b", "a b"),
        ("a%2Bb", "a+b"),
        ("a%20b", "a b"),
        ("a%26b%3Dc", "a&b=c"),
        ("a=b", "a=b"),
        ("", ""),
        ("%22%5C%0A", '"\\\n'),
        ('","text":"other', '","text":"other'),
        ("true", "true"),
        ("null", "null"),
    ],
)
async def test_a_text_is_decoded_once_and_cannot_become_anything_else(raw: str, text: str) -> None:
    async with Client(speaking()) as client:
        assert (await client.get(f"/say?text={raw}")).json() == text


@pytest.mark.parametrize("query", ["number=5", "&number=5&", "number=5&&", "%6Eumber=5", "number=%35"])
async def test_equal_spellings_of_a_query_string_mean_the_same(query: str) -> None:
    async with Client(counting()) as client:
        assert (await client.get(f"/count?{query}")).json() == 5


@pytest.mark.parametrize(
    "value", ["", "abc", "1.5", "1e3", "0x10", "+5", "05", " 5", "5 ", "1_000", "true", "null", "--1"]
)
async def test_what_is_no_integer_is_refused_by_field(value: str) -> None:
    async with Client(counting()) as client:
        assert only_detail(await client.get(f"/count?number={value.replace('+', '%2B')}")) == (
            "number",
            "Input should be a valid integer",
        )


@pytest.mark.parametrize("value", ["1", "True", "yes", ""])
async def test_a_boolean_is_true_or_false_and_nothing_else(value: str) -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/flag")
    async def flag(on: bool) -> bool:
        """Answer a flag."""
        return on

    async with Client(plugin) as client:
        assert (await client.get("/flag?on=false")).json() is False
        assert only_detail(await client.get(f"/flag?on={value}")) == ("on", "Input should be a valid boolean")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "nan", "inf"])
async def test_a_number_is_finite(value: str) -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/real")
    async def real(number: float) -> float:
        """Answer a number."""
        return number

    async with Client(plugin) as client:
        assert only_detail(await client.get(f"/real?number={value}"))[0] == "number"


async def test_a_missing_parameter_is_named() -> None:
    async with Client(counting()) as client:
        reply = await client.get("/count")

    assert only_detail(reply) == ("number", "Required")
    assert reply.json()["code"] == "invalid_input"
    assert "number" in reply.json()["error"]


@pytest.mark.parametrize("name", ["other", "NUMBER", "number[]", "%E4%B8%9C", "__init__", "call"])
async def test_an_unknown_parameter_is_refused_by_name(name: str) -> None:
    async with Client(counting()) as client:
        field, problem = only_detail(await client.get(f"/count?number=1&{name}=2"))

    assert problem == "Unknown field"
    assert field == ("东" if name.startswith("%") else name)


async def test_every_fault_is_named_at_once() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/many")
    async def many(a: int, b: int, c: Annotated[str, Field(min_length=3)], d: int) -> None:
        """Take many."""

    async with Client(plugin) as client:
        reply = await client.get("/many?a=x&c=no&e=1")

    details = reply.json()["details"]
    assert {detail["field"] for detail in details} == {"a", "b", "c", "d", "e"}
    assert "(and 2 more)" in reply.json()["error"]


async def test_a_fault_does_not_repeat_the_input() -> None:
    async with Client(counting()) as client:
        reply = await client.get("/count?number=a-secret-value")

    assert "secret" not in reply.text


async def test_a_single_value_given_twice_is_refused() -> None:
    async with Client(counting()) as client:
        reply = await client.get("/count?number=1&number=1")

    assert only_detail(reply) == ("number", "Given twice; it takes one value")


async def test_a_list_is_a_repeated_parameter() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/sum")
    async def total(numbers: list[int], names: list[str] | None = None) -> dict[str, Any]:
        """Add numbers."""
        return {"sum": sum(numbers), "names": names}

    async with Client(plugin) as client:
        several = await client.get("/sum?numbers=1&names=a&numbers=2&names=b,c&numbers=3")
        single = await client.get("/sum?numbers=4")
        wrong = await client.get("/sum?numbers=1&numbers=x")

    assert several.json() == {"sum": 6, "names": ["a", "b,c"]}
    assert single.json() == {"sum": 4, "names": None}
    assert only_detail(wrong)[0] == "numbers.1"


@pytest.mark.parametrize("query", [b"text=%FF", b"text=\xff", b"%C3=1", b"text=%ED%A0%80", b"text=%C0%AF"])
async def test_a_query_string_that_is_not_utf_8_is_refused(query: bytes) -> None:
    async with Client(speaking()) as client:
        reply = await send_raw(client.app, "GET", "/say", query=query)

    assert reply.status == 400
    assert b'"code":"invalid_input"' in reply.body


@pytest.mark.parametrize("value", ["100%", "%zz", "%", "%4"])
async def test_a_percent_sign_that_starts_no_escape_stands_for_itself(value: str) -> None:
    async with Client(speaking()) as client:
        assert (await client.get(f"/say?text={value}")).json() == value


async def test_too_many_parameters_are_refused_before_they_are_read() -> None:
    async with Client(counting()) as client:
        reply = await client.get("/count?" + "&".join(f"x{index}=1" for index in range(201)))

    assert reply.status == 400
    assert "200 parameters" in reply.json()["error"]
