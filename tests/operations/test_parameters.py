"""What a parameter's default, its Field and its name outside do."""

from datetime import date
from typing import Annotated, Any

import pytest
from pydantic import Field

from plugwright.testing import Client
from tests.operations.plugins import api_of, input_schema_of, plugin_of, taking
from tests.operations.samples import Color, Point, Stop


async def property_of(annotation: Any, *default: Any) -> dict[str, Any]:
    return (await input_schema_of(taking(annotation, [], *default)))["properties"]["value"]


@pytest.mark.parametrize(
    ("annotation", "default", "published"),
    [
        (str, "Oslo", "Oslo"),
        (int, 3, 3),
        (bool, False, False),
        (float, 1, 1.0),
        (float | None, None, None),
        (Color, Color.BLUE, "blue"),
        (date, date(2026, 1, 2), "2026-01-02"),
        (tuple[int, ...], (1, 2), [1, 2]),
        (list[int], [1, 2], [1, 2]),
        (dict[str, int], {"a": 1}, {"a": 1}),
        (Stop, Stop(city="Oslo"), {"city": "Oslo", "nights": 1}),
        (Point, Point(1.5), {"x": 1.5, "y": 0.0, "labels": []}),
    ],
    ids=str,
)
async def test_a_default_is_published_and_reaches_the_handler(annotation: Any, default: Any, published: Any):
    received: list[Any] = []
    take = taking(annotation, received, default)
    schema = await input_schema_of(take)
    assert "required" not in schema
    assert schema["properties"]["value"]["default"] == published
    async with Client(plugin_of(take, method="POST")) as client:
        assert (await client.post("/take", json={})).status == 200
    assert received == [default]


async def test_an_optional_parameter_without_a_default_is_required():
    assert (await input_schema_of(taking(str | None, [])))["required"] == ["value"]


async def test_a_model_as_default_is_fresh_in_each_call():
    def stay(stop: Stop = Stop(city="Oslo")) -> int:  # noqa: B008 that it is shared is what the test is about
        """Stay."""
        stop.nights += 1
        return stop.nights

    async with Client(plugin_of(stay)) as client:
        assert [(await client.post("/stay", json={})).json() for _ in range(2)] == [2, 2]


@pytest.mark.parametrize("default", [[1], {"a": 1}], ids=["list", "dict"])
async def test_a_mutable_default_is_fresh_in_each_call(default: Any):
    def collect(things: Any = default) -> int:
        """Collect things."""
        things.clear()
        return len(default)

    async with Client(plugin_of(collect)) as client:
        first = await client.post("/collect", json={})
        second = await client.post("/collect", json={})
    assert (first.json(), second.json()) == (1, 1)


@pytest.mark.parametrize("spelling", ["annotated", "default"])
async def test_a_field_may_stand_in_the_annotation_or_as_the_default(spelling: str):
    field = Field(ge=1, le=16, description="Days.", examples=[3, 7])
    take = taking(Annotated[int, field], []) if spelling == "annotated" else taking(int, [], field)
    assert (await input_schema_of(take))["properties"]["value"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 16,
        "description": "Days.",
        "examples": [3, 7],
    }


@pytest.mark.parametrize("field", [Field(default=4), Field(default_factory=lambda: 4)], ids=["value", "factory"])
async def test_a_field_may_give_the_default(field: Any):
    received: list[Any] = []
    async with Client(plugin_of(taking(Annotated[int, field], received))) as client:
        assert (await client.get("/take")).status == 200
    assert received == [4]


async def test_an_alias_is_the_only_name_outside():
    received: list[Any] = []
    take = taking(Annotated[str, Field(alias="from")], received)
    schema = await input_schema_of(take)
    assert (list(schema["properties"]), schema["required"]) == (["from"], ["from"])
    async with Client(plugin_of(take)) as client:
        assert (await client.get("/take?from=Oslo")).status == 200
        inside = (await client.get("/take?value=Oslo")).json()
        called = await client.mcp("tools/call", {"name": "take", "arguments": {"from": "Rome"}})
    assert received == ["Oslo", "Rome"]
    assert inside["details"] == [
        {"field": "from", "problem": "Required"},
        {"field": "value", "problem": "Unknown field"},
    ]
    assert called.json()["result"]["isError"] is False


async def test_an_alias_may_be_in_the_path():
    received: list[Any] = []
    take = taking(Annotated[int, Field(alias="class")], received)
    async with Client(plugin_of(take, path="/of/{class}")) as client:
        assert (await client.get("/of/7")).status == 200
    assert received == [7]


async def test_a_validation_alias_is_the_name_outside_too():
    assert list((await input_schema_of(taking(Annotated[str, Field(validation_alias="from")], [])))["properties"]) == [
        "from"
    ]


async def test_an_alias_may_have_a_default():
    listed = await input_schema_of(taking(Annotated[list[int], Field(validation_alias="n")], [], [3]))
    assert listed["properties"]["n"]["default"] == [3]
    schema = await input_schema_of(taking(Annotated[int, Field(alias="n")], [], 3))
    assert schema["properties"] == {"n": {"type": "integer", "default": 3}}


@pytest.mark.parametrize("name", ["json", "copy", "self", "schema", "model_config", "class_", "_hidden", "größe"])
async def test_a_parameter_may_have_any_name(name: str):
    namespace: dict[str, Any] = {}
    exec(f"def take({name}: int) -> int:\n    'Take it.'\n    return {name}\n", namespace)  # noqa: S102 the name is the test's
    async with Client(plugin_of(namespace["take"])) as client:
        reply = await client.mcp("tools/call", {"name": "take", "arguments": {name: 5}})
    assert reply.json()["result"]["structuredContent"] == {"result": 5}


async def test_inputs_are_published_in_the_order_of_the_signature():
    def search(zone: str, after: int = 0, *, city: str, before: int = 9) -> int:
        """Search."""
        return after

    schema = await input_schema_of(search)
    assert list(schema["properties"]) == ["zone", "after", "city", "before"]
    assert schema["required"] == ["zone", "city"]


async def test_schemas_have_no_titles_made_from_names():
    assert "title" not in await property_of(Annotated[int, Field(description="Days.")])
    assert (await property_of(Annotated[int, Field(title="Days")]))["title"] == "Days"


async def test_a_function_without_inputs_takes_an_empty_object_and_nothing_else():
    def ping() -> str:
        """Ping."""
        return "pong"

    assert await input_schema_of(ping) == {"type": "object", "additionalProperties": False}
    async with Client(plugin_of(ping)) as client:
        assert (await client.get("/ping")).json() == "pong"
        assert (await client.get("/ping?x=1")).json()["details"] == [{"field": "x", "problem": "Unknown field"}]


async def test_a_schema_of_the_authors_own_replaces_the_derived_one_on_mcp_only():
    own = {"type": "object", "properties": {"value": {"type": "string", "x-mcp-header": "Value"}}}
    take = taking(str, [])
    assert await input_schema_of(take, input_schema=own) == own
    assert (await api_of(take, input_schema=own))["parameters"][0]["schema"] == {"type": "string"}


async def test_examples_of_an_operation_are_in_the_document():
    take = taking(str, [])
    in_query = await api_of(take, examples=[{"value": "Oslo"}])
    in_body = await api_of(take, examples=[{"value": "Oslo"}, {"value": "Rome"}], method="POST")
    assert in_query["parameters"][0]["example"] == "Oslo"
    assert [item["value"] for item in in_body["requestBody"]["content"]["application/json"]["examples"].values()] == [
        {"value": "Oslo"},
        {"value": "Rome"},
    ]
