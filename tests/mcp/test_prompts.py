"""Prompts: what they are listed as, and the messages they become."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import Field

from plugwright import EmbeddedResource, Image, Message, NotFound, Plugin, Text, UpstreamError
from plugwright.testing import Client
from tests.mcp.replies import error_of, result_of
from tests.mcp.wire import LEGACY, MODERN, call_in, new_plugin

VERSIONS = [MODERN, *LEGACY]


def planning() -> Plugin:
    """A plugin with one prompt of typed arguments."""
    plugin = new_plugin()

    @plugin.prompt(title="Trip")
    async def trip(
        city: Annotated[str, Field(description="Where to")], days: Annotated[int, Field(ge=1)] = 3, slow: bool = False
    ) -> str:
        """Plan a trip.

        Day by day.
        """
        return f"{city}, {days + 1}, {slow}"

    return plugin


async def test_a_prompt_is_listed_with_its_arguments():
    async with Client(planning()) as client:
        (prompt,) = result_of(await client.mcp("prompts/list"), "prompts/list")["prompts"]
    assert (prompt["name"], prompt["title"]) == ("trip", "Trip")
    assert prompt["description"].startswith("Plan a trip.")
    assert [(item["name"], item["required"]) for item in prompt["arguments"]] == [
        ("city", True),
        ("days", False),
        ("slow", False),
    ]
    assert prompt["arguments"][0]["description"] == "Where to"


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_text_becomes_one_message_of_the_user_and_arguments_get_their_types(version: str):
    async with Client(planning()) as client:
        for arguments, text in (
            ({"city": "Oslo"}, "Oslo, 4, False"),
            ({"city": "7", "days": "7", "slow": "true"}, "7, 8, True"),
        ):
            reply = await call_in(client, version, "prompts/get", {"name": "trip", "arguments": arguments})
            result = result_of(reply, "prompts/get", version)
            assert result["messages"] == [{"role": "user", "content": {"type": "text", "text": text}}]


async def test_messages_may_hold_any_block_and_both_roles():
    plugin = new_plugin()

    @plugin.prompt()
    def show() -> list[Message]:
        """Show."""
        return [
            Message("user", EmbeddedResource("fixture://one", text="1", mime_type="text/plain")),
            Message("assistant", Image(b"x", "image/png")),
            Message("user", Text("and now?")),
            Message("assistant", "done"),
        ]

    async with Client(plugin) as client:
        for version in VERSIONS:
            reply = await call_in(client, version, "prompts/get", {"name": "show"})
            messages = result_of(reply, "prompts/get", version)["messages"]
            assert [(message["role"], message["content"]["type"]) for message in messages] == [
                ("user", "resource"),
                ("assistant", "image"),
                ("user", "text"),
                ("assistant", "text"),
            ]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"city": 7},
        {"city": None},
        {"city": ["Oslo"]},
        {"city": "Oslo", "days": "0"},
        {"city": "Oslo", "days": "x"},
        {"city": "Oslo", "days": 3},
        {"city": "Oslo", "slow": "yes"},
        {"city": "Oslo", "other": "x"},
        [],
        "Oslo",
        7,
    ],
)
async def test_wrong_arguments_are_a_protocol_error(arguments: Any):
    async with Client(planning()) as client:
        for version in VERSIONS:
            reply = await call_in(client, version, "prompts/get", {"name": "trip", "arguments": arguments})
            error_of(reply, -32602, status=200)


@pytest.mark.parametrize("name", ["nothing", "Trip", "trip "])
async def test_an_unknown_prompt_is_a_protocol_error(name: str):
    async with Client(planning()) as client:
        for version in VERSIONS if name == name.strip() else LEGACY:
            error_of(await call_in(client, version, "prompts/get", {"name": name}), -32602, status=200)


@pytest.mark.parametrize("name", [None, 7, [], {}])
async def test_a_name_must_be_a_text(name: Any):
    async with Client(planning()) as client:
        for version in LEGACY:
            error_of(await call_in(client, version, "prompts/get", {"name": name}), -32602, status=200)


@pytest.mark.parametrize(("error", "code"), [(NotFound("No such city"), -32602), (UpstreamError("down"), -32603)])
async def test_a_foreseen_failure_is_a_protocol_error_with_its_text(error: Exception, code: int):
    plugin = new_plugin()

    @plugin.prompt()
    async def fail() -> str:
        """Fail."""
        raise error

    async with Client(plugin) as client:
        for version in VERSIONS:
            found = error_of(await call_in(client, version, "prompts/get", {"name": "fail"}), code, status=200)
            assert found["message"] == str(error)


@pytest.mark.parametrize("wrong", [7, None, ["text"], [Text("x")], {"role": "user"}])
async def test_what_is_no_message_is_masked(wrong: Any):
    plugin = new_plugin()

    async def odd() -> Any:
        """Answer oddly."""
        return wrong

    plugin.prompt()(odd)
    async with Client(plugin) as client:
        error_of(await client.mcp("prompts/get", {"name": "odd"}), -32603, status=200)
