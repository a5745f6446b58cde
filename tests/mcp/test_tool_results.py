"""What a tool answers: structured content, its text, content blocks."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, cast

import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from plugwright import Audio, EmbeddedResource, Image, Plugin, ResourceLink, Text
from plugwright.testing import Client
from tests.mcp.replies import failure_of, result_of, strict_json
from tests.mcp.wire import LATEST_LEGACY, MODERN, call_in, new_plugin


class Size(BaseModel):
    """A size."""

    width: int
    label: Annotated[str, Field(serialization_alias="displayLabel")] = "wide"


@dataclass
class Point:
    """A point."""

    x: float
    y: float


class Pair(TypedDict):
    """A pair."""

    first: str
    second: str | None


class Colour(Enum):
    """A colour."""

    RED = "red"


def answering(annotation: Any, value: Any) -> Plugin:
    """A plugin whose tool is annotated and answers so."""
    plugin = new_plugin()

    async def answer() -> Any:
        """Answer."""
        return value

    answer.__annotations__["return"] = annotation
    plugin.operation(effect="read", open_world=False)(answer)
    return plugin


OBJECTS: list[tuple[Any, Any, Any]] = [
    (Size, Size(width=3), {"width": 3, "displayLabel": "wide"}),
    (Point, Point(1, 2.5), {"x": 1.0, "y": 2.5}),
    (Pair, {"first": "a", "second": None}, {"first": "a", "second": None}),
    (dict[str, int], {"a": 1, "ü": 2}, {"a": 1, "ü": 2}),
    (dict[str, Any], {}, {}),
]
OTHERS: list[tuple[Any, Any, Any, str]] = [
    (int, 3, 3, "3"),
    (float, 0.5, 0.5, "0.5"),
    (bool, True, True, "true"),
    (str, 'quoted "ü"\n', 'quoted "ü"\n', 'quoted "ü"\n'),
    (str, "", "", ""),
    (str | None, None, None, "null"),
    (list[int], [1, 2], [1, 2], "[1,2]"),
    (list[Size], [Size(width=1)], [{"width": 1, "displayLabel": "wide"}], '[{"width":1,"displayLabel":"wide"}]'),
    (tuple[int, str], (1, "a"), [1, "a"], '[1,"a"]'),
    (datetime, datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"),
    (int | str, "x", "x", '"x"'),
]


@pytest.mark.parametrize(("annotation", "value", "expected"), OBJECTS)
@pytest.mark.parametrize("version", [MODERN, LATEST_LEGACY])
async def test_an_object_is_structured_content_and_its_text_is_the_same_json(
    version: str, annotation: Any, value: Any, expected: Any
):
    async with Client(answering(annotation, value)) as client:
        reply = await call_in(client, version, "tools/call", {"name": "answer"})
        result = result_of(reply, "tools/call", version)
        (tool,) = result_of(await call_in(client, version, "tools/list"), "tools/list", version)["tools"]
    assert result["structuredContent"] == expected
    (block,) = result["content"]
    assert block["type"] == "text"
    assert strict_json(block["text"]) == expected
    assert tool["outputSchema"]["type"] == "object"
    assert set(tool["outputSchema"].get("required", [])) <= set(expected)


@pytest.mark.parametrize(("annotation", "value", "expected", "text"), OTHERS)
@pytest.mark.parametrize("version", [MODERN, LATEST_LEGACY])
async def test_anything_else_is_wrapped_and_its_text_is_what_a_reader_wants(
    version: str, annotation: Any, value: Any, expected: Any, text: str
):
    async with Client(answering(annotation, value)) as client:
        reply = await call_in(client, version, "tools/call", {"name": "answer"})
        result = result_of(reply, "tools/call", version)
        (tool,) = result_of(await call_in(client, version, "tools/list"), "tools/list", version)["tools"]
    assert result["structuredContent"] == {"result": expected}
    assert result["content"] == [{"type": "text", "text": text}]
    schema = tool["outputSchema"]
    assert (schema["type"], schema["required"], [*schema["properties"]]) == ("object", ["result"], ["result"])


async def test_an_enum_is_wrapped_like_its_value():
    async with Client(answering(Colour, Colour.RED)) as client:
        result = result_of(await client.mcp("tools/call", {"name": "answer"}), "tools/call")
    assert result["structuredContent"] == {"result": "red"}


async def test_a_wrapped_schema_finds_its_definitions():
    async with Client(answering(list[Size], [])) as client:
        (tool,) = result_of(await client.mcp("tools/list"), "tools/list")["tools"]
    schema = tool["outputSchema"]
    for reference in _references(schema):
        place: Any = schema
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
        assert place["type"] == "object"


def _references(schema: Any) -> list[str]:
    if isinstance(schema, dict):
        own = [value for key, value in schema.items() if key == "$ref"]  # pyright: ignore[reportUnknownVariableType] JSON
        return own + [found for value in schema.values() for found in _references(value)]  # pyright: ignore[reportUnknownVariableType] JSON
    if isinstance(schema, list):
        return [found for value in schema for found in _references(value)]  # pyright: ignore[reportUnknownVariableType] JSON
    return []


async def test_nothing_is_answered_as_a_short_text():
    async with Client(answering(None, None)) as client:
        for version in (MODERN, LATEST_LEGACY):
            reply = await call_in(client, version, "tools/call", {"name": "answer"})
            result = result_of(reply, "tools/call", version)
            assert "structuredContent" not in result
            assert len(result["content"]) == 1
            assert result["content"][0]["text"]


async def test_arguments_may_be_absent_empty_or_null():
    async with Client(answering(int, 1)) as client:
        given: list[dict[str, Any]] = [{}, {"arguments": {}}, {"arguments": None}]
        for arguments in given:
            params = {"name": "answer", **arguments}
            assert result_of(await client.mcp("tools/call", params), "tools/call")["isError"] is False


async def test_an_answer_that_breaks_its_own_schema_is_not_sent():
    async with Client(answering(int, "not a number")) as client:
        result = result_of(await client.mcp("tools/call", {"name": "answer"}), "tools/call")
    failure = failure_of(result)
    assert failure["code"] == "internal_error"
    assert "not a number" not in str(result)


BLOCKS = [
    (Text("ü\n"), {"type": "text", "text": "ü\n"}),
    (
        Text("x", annotations={"audience": ["user"], "priority": 0.5}),
        {"type": "text", "text": "x", "annotations": {"audience": ["user"], "priority": 0.5}},
    ),
    (
        Image(b"\x89PNG", "image/png"),
        {"type": "image", "data": base64.b64encode(b"\x89PNG").decode(), "mimeType": "image/png"},
    ),
    (Audio(b"RIFF", "audio/wav"), {"type": "audio", "data": "UklGRg==", "mimeType": "audio/wav"}),
    (Image(b"", "image/png"), {"type": "image", "data": "", "mimeType": "image/png"}),
    (
        ResourceLink("fixture://one", "one", title="One", description="The one", mime_type="text/plain"),
        {
            "type": "resource_link",
            "uri": "fixture://one",
            "name": "one",
            "title": "One",
            "description": "The one",
            "mimeType": "text/plain",
        },
    ),
    (ResourceLink("fixture://one", "one"), {"type": "resource_link", "uri": "fixture://one", "name": "one"}),
    (
        EmbeddedResource("fixture://one", text="1", mime_type="text/plain"),
        {"type": "resource", "resource": {"uri": "fixture://one", "mimeType": "text/plain", "text": "1"}},
    ),
    (
        EmbeddedResource("fixture://one", blob=b"\xff"),
        {"type": "resource", "resource": {"uri": "fixture://one", "blob": "/w=="}},
    ),
    (
        EmbeddedResource("fixture://one", text=""),
        {"type": "resource", "resource": {"uri": "fixture://one", "text": ""}},
    ),
]


@pytest.mark.parametrize(("block", "expected"), BLOCKS)
async def test_a_content_block_is_sent_as_it_is(block: Any, expected: Any):
    kind = cast("Any", type(block))
    for annotation, value in ((kind, block), (list[kind], [block])):
        async with Client(answering(annotation, value)) as client:
            for version in (MODERN, LATEST_LEGACY):
                reply = await call_in(client, version, "tools/call", {"name": "answer"})
                result = result_of(reply, "tools/call", version)
                assert result["content"] == [expected]
                assert "structuredContent" not in result
            (tool,) = result_of(await client.mcp("tools/list"), "tools/list")["tools"]
            assert "outputSchema" not in tool


async def test_blocks_of_several_kinds_keep_their_order():
    kinds = list[Text | Image | EmbeddedResource]
    blocks = [EmbeddedResource("fixture://one", text="1"), Text("a"), Image(b"x", "image/png"), Text("b")]
    async with Client(answering(kinds, blocks)) as client:
        result = result_of(await client.mcp("tools/call", {"name": "answer"}), "tools/call")
    assert [block["type"] for block in result["content"]] == ["resource", "text", "image", "text"]


async def test_no_blocks_are_no_blocks():
    async with Client(answering(list[Text], [])) as client:
        assert result_of(await client.mcp("tools/call", {"name": "answer"}), "tools/call")["content"] == []


@pytest.mark.parametrize("wrong", [["text"], "text", None, [None], {"type": "text"}])
async def test_what_is_no_block_is_not_sent(wrong: Any):
    async with Client(answering(list[Text], wrong)) as client:
        result = result_of(await client.mcp("tools/call", {"name": "answer"}), "tools/call")
    assert failure_of(result)["code"] == "internal_error"
