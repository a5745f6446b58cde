"""What becomes of the value that a handler gives."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, computed_field

from plugwright import Audio, EmbeddedResource, Image, ResourceLink, Text
from plugwright.testing import Client, Reply
from tests.operations.plugins import giving, output_schema_of, plugin_of, tool_of


class Weather(BaseModel):
    """An answer with an alias, a computed field and documentation."""

    city: str
    degrees: Annotated[float, Field(alias="temperature", description="In Celsius.")]
    day: date | None = None

    @computed_field
    @property
    def is_cold(self) -> bool:
        """Whether to take a coat."""
        return self.degrees < 10


async def rest_reply(function: Callable[..., Any]) -> Reply:
    async with Client(plugin_of(function)) as client:
        return await client.get("/give")


async def mcp_result(function: Callable[..., Any]) -> dict[str, Any]:
    async with Client(plugin_of(function)) as client:
        return (await client.mcp("tools/call", {"name": "give"})).json()["result"]


async def test_a_model_answers_with_its_outside_names_and_computed_fields():
    weather = {"city": "Oslo", "temperature": 4.5, "day": None, "is_cold": True}
    give = giving(Weather, Weather.model_validate({"city": "Oslo", "temperature": 4.5}))
    assert (await rest_reply(give)).json() == weather
    assert (await mcp_result(give))["structuredContent"] == weather
    schema = await output_schema_of(give)
    assert list(schema["properties"]) == ["city", "temperature", "day", "is_cold"]
    assert schema["properties"]["temperature"]["description"] == "In Celsius."
    assert schema["required"] == ["city", "temperature", "is_cold"]


async def test_plain_data_that_fits_the_annotation_is_taken_for_a_model():
    reply = await rest_reply(giving(Weather, {"city": "Oslo", "temperature": 12}))
    assert reply.json() == {"city": "Oslo", "temperature": 12.0, "day": None, "is_cold": False}


async def test_an_answer_is_encoded_once_for_all_protocols():
    give = giving(list[str], ["東京", 'a "quote"', "\u2028"])
    reply = await rest_reply(give)
    result = await mcp_result(give)
    assert result["content"] == [{"type": "text", "text": reply.text}]
    assert result["structuredContent"] == {"result": reply.json()}


async def test_a_text_is_its_own_content():
    assert (await mcp_result(giving(str, "It rains.")))["content"] == [{"type": "text", "text": "It rains."}]


async def test_nothing_is_204_over_rest_and_says_done_on_mcp():
    give = giving(None, None)
    reply = await rest_reply(give)
    assert (reply.status, reply.body) == (204, b"")
    result = await mcp_result(give)
    assert result["content"] == [{"type": "text", "text": "Done."}]
    assert "structuredContent" not in result
    assert "outputSchema" not in await tool_of(give)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, "five"),
        (None, 1),
        (Weather, {"city": "Oslo"}),
        (list[int], None),
        (Text, "text"),
        (list[Text], ["text"]),
        pytest.param(dict[str, Any], {"a": object()}, id="an object"),
        (bytes, b"\xff"),
        (float, float("nan")),
        (list[float], [float("inf")]),
    ],
    ids=str,
)
async def test_an_answer_that_is_not_of_its_type_is_an_internal_error_without_a_word_of_it(annotation: Any, value: Any):
    give = giving(annotation, value)
    reply = await rest_reply(give)
    assert (reply.status, reply.json()["code"]) == (500, "internal_error")
    result = await mcp_result(give)
    assert result["isError"] is True
    assert "internal_error" in result["content"][0]["text"]


@dataclass(frozen=True)
class Blocks:
    """An annotation of content blocks, a value, and the blocks on the wire."""

    name: str
    annotation: Any
    value: Any
    wire: list[dict[str, Any]]


LINK = {"type": "resource_link", "uri": "sample://a", "name": "a", "mimeType": "text/plain"}
BLOCKS = (
    Blocks("text", Text, Text("hi"), [{"type": "text", "text": "hi"}]),
    Blocks(
        "annotated text",
        Text,
        Text("hi", annotations={"audience": ["user"]}),
        [{"type": "text", "text": "hi", "annotations": {"audience": ["user"]}}],
    ),
    Blocks(
        "image", Image, Image(b"\x00\xff", "image/png"), [{"type": "image", "data": "AP8=", "mimeType": "image/png"}]
    ),
    Blocks("audio", Audio, Audio(b"a", "audio/wav"), [{"type": "audio", "data": "YQ==", "mimeType": "audio/wav"}]),
    Blocks("link", ResourceLink, ResourceLink("sample://a", "a", mime_type="text/plain"), [LINK]),
    Blocks(
        "embedded text",
        EmbeddedResource,
        EmbeddedResource("sample://a", text="hi"),
        [{"type": "resource", "resource": {"uri": "sample://a", "text": "hi"}}],
    ),
    Blocks(
        "embedded bytes",
        EmbeddedResource,
        EmbeddedResource("sample://a", blob=b"a", mime_type="image/png"),
        [{"type": "resource", "resource": {"uri": "sample://a", "mimeType": "image/png", "blob": "YQ=="}}],
    ),
    Blocks("list", list[Text], [Text("a"), Text("b")], [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]),
    Blocks("empty list", list[Text | Image], [], []),
    Blocks(
        "list of several kinds",
        list[Text | ResourceLink],
        [ResourceLink("sample://a", "a", mime_type="text/plain"), Text("b")],
        [LINK, {"type": "text", "text": "b"}],
    ),
    Blocks("one of two", Text | Image, Text("a"), [{"type": "text", "text": "a"}]),
    Blocks(
        "tuple",
        tuple[Text, Image],
        (Text("a"), Image(b"a", "image/png")),
        [{"type": "text", "text": "a"}, {"type": "image", "data": "YQ==", "mimeType": "image/png"}],
    ),
)


@pytest.mark.parametrize("blocks", BLOCKS, ids=lambda blocks: blocks.name)
async def test_content_blocks_are_answered_as_they_are_and_have_no_output_schema(blocks: Blocks):
    async with Client(plugin_of(giving(blocks.annotation, blocks.value))) as client:
        [tool] = (await client.mcp("tools/list")).json()["result"]["tools"]
        result = (await client.mcp("tools/call", {"name": "give"})).json()["result"]
        assert (await client.get("/give")).json() == blocks.wire
    assert "outputSchema" not in tool
    assert result["content"] == blocks.wire
    assert "structuredContent" not in result


@pytest.mark.parametrize("given", [{}, {"text": "a", "blob": b"a"}], ids=["neither", "both"])
def test_an_embedded_resource_holds_either_text_or_bytes(given: dict[str, Any]):
    with pytest.raises(ValueError, match="exactly one of text and blob"):
        EmbeddedResource("sample://a", **given)
