"""What REST makes of a handler's answer."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypedDict  # pydantic reads this one on every Python

from plugwright import Image, Plugin, Text
from plugwright.testing import Client
from tests.web.plugins import new_plugin


class City(BaseModel):
    """A city."""

    name: Annotated[str, Field(alias="cityName")]
    twin: "City | None" = None


OSLO = City.model_validate({"cityName": "Oslo", "twin": {"cityName": "Rome"}})


@dataclass
class Point:
    """A point."""

    x: int
    y: int


class Labels(TypedDict):
    """Labels."""

    text: str


class Colour(Enum):
    """A colour."""

    RED = 1


def answering(annotation: Any, value: Any) -> Plugin:
    """A plugin whose operation answers a value as a type."""
    plugin = new_plugin()

    async def answer() -> Any:
        """Answer."""
        return value

    answer.__annotations__["return"] = annotation
    plugin.operation(effect="read", open_world=False, path="/answer")(answer)
    return plugin


@pytest.mark.parametrize(
    ("annotation", "value", "wire"),
    [
        (City, OSLO, {"cityName": "Oslo", "twin": {"cityName": "Rome", "twin": None}}),
        (list[Point], [Point(1, 2)], [{"x": 1, "y": 2}]),
        (Labels, {"text": "a"}, {"text": "a"}),
        (Colour, Colour.RED, 1),
        (dict[str, int], {}, {}),
        (int | None, None, None),
        (int | None, 5, 5),
        (str, "东京 😀 \u2028", "东京 😀 \u2028"),
        (bool, False, False),
        (list[int], [], []),
        (tuple[int, str], (1, "a"), [1, "a"]),
        (Decimal, Decimal("1.10"), "1.10"),
        (datetime, datetime(2026, 11, 22, tzinfo=UTC), "2026-11-22T00:00:00Z"),
        (Any, {"a": [1]}, {"a": [1]}),
        (Text, Text("a"), [{"type": "text", "text": "a"}]),
        (list[Text | Image], [Image(b"a", "image/png")], [{"type": "image", "data": "YQ==", "mimeType": "image/png"}]),
    ],
)  # fmt: skip
async def test_an_answer_is_json_of_its_annotated_type(annotation: Any, value: Any, wire: Any) -> None:
    async with Client(answering(annotation, value)) as client:
        reply = await client.get("/answer")

    assert reply.status == 200
    assert reply.json() == wire
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["content-length"] == str(len(reply.body))


async def test_nothing_is_204_without_a_body() -> None:
    async with Client(answering(None, None)) as client:
        reply = await client.get("/answer")

    assert reply.status == 204
    assert reply.body == b""
    assert "content-length" not in reply.headers
    assert "content-type" not in reply.headers


async def test_a_plain_function_answers_like_an_async_one() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/double")
    def double(number: int) -> int:
        """Double a number."""
        return number * 2

    async with Client(plugin) as client:
        assert (await client.get("/double?number=21")).json() == 42
        assert (await client.get("/double?number=x")).status == 400
