"""Each supported type, as an input and as an answer, over REST and MCP."""

from typing import Any
from urllib.parse import urlencode

import pytest

from plugwright.testing import Client
from tests.operations.json_schema import fits, is_schema
from tests.operations.plugins import giving, plugin_of, taking
from tests.operations.samples import SAMPLES, Cat, Dog, Sample, Stop, Trip

each_type = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
# Samples that a query cannot spell, though their type fits one.
BODY_ONLY = {"null", "integer_written_as_float"}


def without_descriptions(schema: Any) -> Any:
    """A schema without what comes from docstrings."""
    if isinstance(schema, dict):
        return {key: without_descriptions(value) for key, value in schema.items() if key != "description"}  # pyright: ignore[reportUnknownVariableType] JSON
    return schema


@each_type
async def test_the_schema_says_what_is_taken_and_only_nested_types_need_a_body(sample: Sample):
    async with Client(plugin_of(taking(sample.annotation, []))) as client:
        schema = (await client.mcp("tools/list")).json()["result"]["tools"][0]["inputSchema"]
        methods = (await client.get("/openapi.json")).json()["paths"]["/take"]
    assert is_schema(schema)
    assert schema["type"] == "object"
    assert schema["required"] == ["value"]
    assert schema["additionalProperties"] is False
    assert without_descriptions(schema["properties"]["value"]) == sample.schema
    assert list(methods) == (["get"] if sample.fits_query or sample.name in BODY_ONLY else ["post"])


@each_type
async def test_json_becomes_the_value_of_the_type_and_other_json_is_refused(sample: Sample):
    received: list[Any] = []
    async with Client(plugin_of(taking(sample.annotation, received), method="POST")) as client:
        reply = await client.post("/take", json={"value": sample.json})
        assert reply.status == 200, reply.text
        called = await client.mcp("tools/call", {"name": "take", "arguments": {"value": sample.json}})
        assert called.json()["result"]["isError"] is False
        assert received == [sample.value, sample.value]
        assert [type(value) for value in received] == [type(sample.value)] * 2
        for wrong in sample.refused:
            reply = await client.post("/take", json={"value": wrong})
            assert (reply.status, reply.json()["code"]) == (400, "invalid_input"), wrong
            assert all(detail["field"].split(".")[0] == "value" for detail in reply.json()["details"])
    assert len(received) == 2


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if sample.fits_query], ids=lambda sample: sample.name)
async def test_a_query_string_becomes_the_value_of_the_type(sample: Sample):
    text = str(sample.json).lower() if isinstance(sample.json, bool) else sample.json
    received: list[Any] = []
    async with Client(plugin_of(taking(sample.annotation, received))) as client:
        reply = await client.get("/take?" + urlencode({"value": text}, doseq=True))
    assert reply.status == 200, reply.text
    assert received == [sample.value]


@pytest.mark.parametrize(
    ("annotation", "value", "named"),
    [
        (Cat | Dog, {"kind": "cat", "lives": "nine"}, "value.lives"),
        (int | list[int], "x", "value"),
        (dict[int, str], {"x": "a"}, "value.x"),
        (Trip, {"stops": [{"city": "Oslo"}, {"city": 5}]}, "value.stops.1.city"),
    ],
    ids=str,
)
async def test_a_problem_is_named_by_the_way_that_the_caller_wrote(annotation: Any, value: Any, named: str):
    async with Client(plugin_of(taking(annotation, []), method="POST")) as client:
        details = (await client.post("/take", json={"value": value})).json()["details"]
    assert named in {detail["field"] for detail in details}
    said = ["value", *(["lives", "good", "kind"] if annotation == Cat | Dog else ["x", "stops", "1", "city"])]
    assert [name for detail in details for name in detail["field"].split(".") if name not in said] == []


@pytest.mark.parametrize("annotation", [int | list[int], Stop | Cat, dict[str, int | None]], ids=str)
async def test_five_point_zero_is_an_integer_inside_a_union_too(annotation: Any):
    values = {"nights": 5.0, "city": "Oslo"} if annotation == Stop | Cat else {"a": 5.0}
    value = 5.0 if annotation == int | list[int] else values
    async with Client(plugin_of(taking(annotation, []), method="POST")) as client:
        assert (await client.post("/take", json={"value": value})).status == 200


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("annotation", [Any, dict[str, Any], float], ids=str)
async def test_what_is_no_json_number_is_refused_everywhere(annotation: Any, word: str):
    body = f'{{"value":{{"a":{word}}}}}' if annotation == dict[str, Any] else f'{{"value":{word}}}'
    async with Client(plugin_of(taking(annotation, []), method="POST")) as client:
        reply = await client.request("POST", "/take", body=body.encode(), headers={"content-type": "application/json"})
    assert (reply.status, reply.json()["code"]) == (400, "malformed_json")


@each_type
async def test_an_answer_is_the_json_of_its_value_and_fits_the_output_schema(sample: Sample):
    async with Client(plugin_of(giving(sample.annotation, sample.value))) as client:
        assert (await client.get("/give")).json() == sample.json
        schema = (await client.mcp("tools/list")).json()["result"]["tools"][0]["outputSchema"]
        result = (await client.mcp("tools/call", {"name": "give"})).json()["result"]
    assert is_schema(schema)
    assert schema["type"] == "object"
    assert fits(schema, result["structuredContent"])
    assert result["structuredContent"] in (sample.json, {"result": sample.json})
