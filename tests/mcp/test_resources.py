"""Resources: texts, blobs, JSON, templates, and what does not exist."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from plugwright import Call, Conflict, InvalidInput, NotFound, Plugin, UpstreamError
from plugwright.testing import Client, Reply
from tests.mcp.replies import error_of, result_of, strict_json
from tests.mcp.wire import LEGACY, MODERN, call_in, modern, new_plugin, send_modern

VERSIONS = [MODERN, *LEGACY]


class City(BaseModel):
    """A city."""

    name: str
    people: Annotated[int, Field(serialization_alias="inhabitants")] = 1


@dataclass
class Point:
    """A point."""

    x: int


def serving(value: Any, **options: Any) -> Plugin:
    """A plugin with one resource."""
    plugin = new_plugin()

    async def thing() -> Any:
        """A thing."""
        return value

    plugin.resource("fixture://thing", **options)(thing)
    return plugin


async def read(client: Client, uri: str) -> Reply:
    """Read a resource whose URI a header may not carry as it is."""
    header = f"=?base64?{base64.b64encode(uri.encode()).decode()}?="
    return await send_modern(client, modern("resources/read", {"uri": uri}), {"mcp-name": header})


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_text_is_text_and_bytes_are_a_blob(version: str):
    for value, content in (
        ("ü\n", {"text": "ü\n"}),
        ("", {"text": ""}),
        (b"\x89PNG\xff", {"blob": base64.b64encode(b"\x89PNG\xff").decode()}),
        (b"", {"blob": ""}),
    ):
        async with Client(serving(value, mime_type="x/y")) as client:
            reply = await call_in(client, version, "resources/read", {"uri": "fixture://thing"})
            (found,) = result_of(reply, "resources/read", version)["contents"]
            assert found == {"uri": "fixture://thing", "mimeType": "x/y", **content}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [1, None]}, {"a": [1, None]}),
        ([], []),
        (None, None),
        (7, 7),
        (City(name="Oslo"), {"name": "Oslo", "inhabitants": 1}),
        ([City(name="ü")], [{"name": "ü", "inhabitants": 1}]),
        (Point(3), {"x": 3}),
    ],
)
async def test_anything_else_is_json(value: Any, expected: Any):
    async with Client(serving(value, mime_type="application/json")) as client:
        reply = await client.mcp("resources/read", {"uri": "fixture://thing"})
        (found,) = result_of(reply, "resources/read")["contents"]
    assert strict_json(found["text"]) == expected


async def test_contents_are_private_and_not_kept():
    async with Client(serving("x")) as client:
        result = result_of(await client.mcp("resources/read", {"uri": "fixture://thing"}), "resources/read")
    assert (result["ttlMs"], result["cacheScope"]) == (0, "private")


async def test_lists_tell_name_description_and_type_and_keep_templates_apart():
    plugin = serving("x", name="The thing", title="Thing", mime_type="text/markdown")

    @plugin.resource("fixture://city/{id}", mime_type="application/json")
    async def city(id: int) -> dict[str, int]:  # noqa: A002 the name in the URI
        """One city."""
        return {"id": id}

    async with Client(plugin) as client:
        listed = result_of(await client.mcp("resources/list"), "resources/list")
        assert listed["resources"] == [
            {
                "uri": "fixture://thing",
                "name": "The thing",
                "title": "Thing",
                "description": "A thing.",
                "mimeType": "text/markdown",
            }
        ]
        listed = result_of(await client.mcp("resources/templates/list"), "resources/templates/list")
        assert listed["resourceTemplates"] == [
            {
                "uriTemplate": "fixture://city/{id}",
                "name": "city",
                "description": "One city.",
                "mimeType": "application/json",
            }
        ]


def templated() -> Plugin:
    """A plugin with templates whose parameters have types."""
    plugin = new_plugin()

    @plugin.resource("fixture://city/{id}", mime_type="application/json")
    async def city(id: Annotated[int, Field(ge=1)], *, call: Call) -> dict[str, Any]:  # noqa: A002 the name in the URI
        """One city."""
        if id == 404:
            raise NotFound("No such city")
        return {"id": id, "request": bool(call.request_id)}

    @plugin.resource("fixture://map/{zoom}/{place}.png", mime_type="image/png")
    def tile(zoom: float, place: str) -> bytes:
        """One tile."""
        return f"{zoom}|{place}".encode()

    @plugin.resource("fixture://map/plain/exact.png", mime_type="image/png")
    async def exact() -> str:
        """The one tile that is not of the family."""
        return "exact"

    return plugin


async def test_parameters_of_a_template_have_types_and_are_percent_decoded():
    async with Client(templated()) as client:
        (found,) = result_of(await read(client, "fixture://city/7"), "resources/read")["contents"]
        assert (found["uri"], strict_json(found["text"])) == ("fixture://city/7", {"id": 7, "request": True})
        uri = "fixture://map/1.5/S%C3%A3o%20Paulo%2Fcentre.png"
        (found,) = result_of(await read(client, uri), "resources/read")["contents"]
        assert base64.b64decode(found["blob"]).decode() == "1.5|São Paulo/centre"
        assert found["uri"] == uri
        (found,) = result_of(await read(client, "fixture://map/plain/exact.png"), "resources/read")["contents"]
        assert found["text"] == "exact"


@pytest.mark.parametrize(
    "uri",
    [
        "fixture://city/404",
        "fixture://city/0",
        "fixture://city/x",
        "fixture://city/1.5",
        "fixture://city/",
        "fixture://city/1/2",
        "fixture://city/1?x=1",
        "FIXTURE://city/1",
        "fixture://map/x/y.png",
        "fixture://map/1/y.jpg",
        "fixture://other",
        "file:///etc/passwd",
        "fixture://city/{id}",
        "",
    ],
)
async def test_what_does_not_exist_is_named_and_never_an_empty_list(uri: str):
    async with Client(templated()) as client:
        error = error_of(await read(client, uri), -32602, status=200)
        assert (error["message"], error["data"]) == ("Resource not found", {"uri": uri})
        for version in LEGACY:
            error = error_of(await call_in(client, version, "resources/read", {"uri": uri}), -32002, status=200)
            assert error["data"] == {"uri": uri}


@pytest.mark.parametrize("uri", [None, 7, [], {}, True])
async def test_a_uri_must_be_a_text(uri: Any):
    async with Client(templated()) as client:
        for version in LEGACY:
            error_of(await call_in(client, version, "resources/read", {"uri": uri}), -32602, status=200)


@pytest.mark.parametrize("error", [NotFound("gone"), InvalidInput("odd")])
async def test_a_handler_can_say_that_a_resource_does_not_exist(error: Exception):
    plugin = new_plugin()

    @plugin.resource("fixture://thing")
    async def thing() -> str:
        """A thing."""
        raise error

    async with Client(plugin) as client:
        error_of(await client.mcp("resources/read", {"uri": "fixture://thing"}), -32602, status=200)


@pytest.mark.parametrize("error", [Conflict("busy"), UpstreamError("down")])
async def test_another_foreseen_failure_is_an_internal_error_with_its_text(error: Exception):
    plugin = new_plugin()

    @plugin.resource("fixture://thing")
    async def thing() -> str:
        """A thing."""
        raise error

    async with Client(plugin) as client:
        found = error_of(await client.mcp("resources/read", {"uri": "fixture://thing"}), -32603, status=200)
    assert found["message"] == str(error)
