"""Which fields of an answer can be chosen, and what the published schemas say of answers that lack some."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from plugwright import Image, SetupError
from plugwright.operations.selection import fields_of
from tests.operations.json_schema import fits, is_schema
from tests.operations.plugins import api_of, giving, output_schema_of, plugin_of, tool_of


class Town(BaseModel):
    """A town."""

    name: str
    mayor: str | None
    twin: "Town | None" = None


class Cat(BaseModel):
    """A cat."""

    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    """A dog."""

    kind: Literal["dog"]
    tricks: list[str]


class Household(BaseModel):
    """A household."""

    town: Town
    pets: list[Annotated[Cat | Dog, Field(discriminator="kind")]]
    by_name: dict[str, Town]
    anything: Any = None
    odd_name: Annotated[int, Field(serialization_alias="odd.name")] = 0


def with_properties(properties: dict[str, Any]) -> dict[str, Any]:
    """The schema of an object."""
    return {"type": "object", "properties": properties}


async def choices(annotation: Any) -> list[str]:
    tool = await tool_of(giving(annotation, None), fields=True)
    return tool["inputSchema"]["properties"]["fields"]["items"]["enum"]


async def test_every_field_can_be_chosen_through_lists_and_unions_and_once_where_a_type_holds_itself():
    assert await choices(Household) == [
        *("town", "pets", "by_name", "anything"),
        *("town.name", "town.mayor", "town.twin", "pets.kind", "pets.lives", "pets.tricks"),
    ]


@pytest.mark.parametrize("annotation", [list[Town], Town | None, tuple[Town, Cat], list[list[Town]]])
async def test_answers_that_are_lists_or_may_be_nothing_have_the_fields_of_what_is_in_them(annotation: Any):
    assert (await choices(annotation))[:3] == ["name", "mayor", "twin"]


def test_levels_that_would_make_more_than_a_hundred_names_are_left_out():
    wide = with_properties({f"field_{number}": {"type": "string"} for number in range(40)})
    many = with_properties({f"field_{number}": {"type": "string"} for number in range(150)})
    middle = with_properties({"first": wide, "second": {"type": "string"}})
    assert fields_of(with_properties({"one": middle, "two": middle, "three": middle})) == (
        *("one", "two", "three"),
        *("one.first", "one.second", "two.first", "two.second", "three.first", "three.second"),
    )
    assert len(fields_of(many)) == 150


@pytest.mark.parametrize("option", ["fields", "omit_nulls"])
@pytest.mark.parametrize("annotation", [int, list[str], dict[str, Town], Image, None])
def test_an_answer_without_named_fields_is_refused(annotation: Any, option: str):
    with pytest.raises(SetupError, match=rf"give: {option}=True.*return a model"):
        plugin_of(giving(annotation, None), **{option: True})


@pytest.mark.parametrize("option", ["fields", "omit_nulls"])
def test_an_option_that_is_not_yes_or_no_is_refused(option: str):
    with pytest.raises(SetupError, match=f"give: {option} must be True or False"):
        plugin_of(giving(Town, None), **{option: "name"})


def test_an_input_of_the_same_name_is_refused():
    def give(fields: str) -> Town:
        """Give."""
        raise NotImplementedError(fields)

    with pytest.raises(SetupError, match=r"give: its parameter 'fields'.*rename"):
        plugin_of(give, fields=True)


def test_a_widget_wants_whole_answers():
    plugin = plugin_of(giving(int, 1))
    page = plugin.widget("ui://sample/page-v1.html", html="<html></html>", title="Page", description="A page.")
    with pytest.raises(SetupError, match="show: its widget shows whole answers"):
        plugin.operation(effect="read", open_world=False, name="show", widget=page, fields=True)(giving(Town, None))


def test_examples_may_choose_fields_that_there_are():
    plugin_of(giving(Town, None), fields=True, examples=[{"fields": ["name"]}])
    with pytest.raises(SetupError, match="is not an input"):
        plugin_of(giving(Town, None), fields=True, examples=[{"fields": ["names"]}])


@pytest.mark.parametrize(
    "part",
    [
        {},
        {"town": {"mayor": None}},
        {"pets": [{"lives": 9}, {"kind": "dog"}, {}]},
        {"by_name": {"a": {"name": "a", "mayor": None, "twin": None}}},
    ],
)
async def test_the_published_schema_admits_every_choice_and_nothing_of_another_type(part: Any):
    schema = await output_schema_of(giving(Household, None), fields=True)
    assert is_schema(schema)
    assert fits(schema, part)
    assert not fits(schema, {"town": {"name": 5}})
    assert not fits(await output_schema_of(giving(Household, None)), part)


async def test_without_nulls_only_what_may_be_null_is_not_required():
    town = {"name": "a", "mayor": None, "twin": {"name": "b", "mayor": "c", "twin": None}}
    whole = await output_schema_of(giving(Town, None))
    short = await output_schema_of(giving(Town, None), omit_nulls=True)
    without = {"name": "a", "twin": {"name": "b", "mayor": "c"}}
    assert fits(whole, town)
    assert not fits(whole, without)
    assert fits(short, without)
    assert fits(short, town)
    assert not fits(short, {"mayor": "c"})


async def test_a_field_that_may_be_anything_may_be_missing_without_nulls():
    schema = await output_schema_of(giving(Household, None), omit_nulls=True)
    assert set(schema["required"]) == {"town", "pets", "by_name"}
    assert "anything" in schema["properties"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_openapi_document_says_how_fields_are_chosen(method: str):
    entry = await api_of(giving(Town, None), fields=True, method=method)
    if method == "GET":
        (parameter,) = entry["parameters"]
        assert (parameter["name"], parameter["style"], parameter["explode"]) == ("fields", "form", False)
        assert parameter["required"] is False
        schema = parameter["schema"]
    else:
        schema = entry["requestBody"]["content"]["application/json"]["schema"]["properties"]["fields"]
    assert (schema["items"]["enum"][0], schema["minItems"]) == ("name", 1)


@pytest.mark.parametrize("function", [giving(Town, None), giving(list[Town], None)])
async def test_without_the_options_nothing_is_offered(function: Callable[..., Any]):
    assert "fields" not in (await tool_of(function))["inputSchema"].get("properties", {})
