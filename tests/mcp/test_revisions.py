"""What each handshake revision cannot carry is left out or said in another way."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from plugwright import Audio, Call, Form, Message, Plugin, ResourceLink, Text
from plugwright.testing import Client
from tests.mcp.replies import error_of, failure_of, result_of
from tests.mcp.wire import LEGACY, MODERN, call_in, legacy, new_plugin

NEW_TITLES = {MODERN, "2025-11-25", "2025-06-18"}


def everything() -> Plugin:
    """A plugin with one of each thing that revisions differ in."""
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, title="Measure it", invoking="Measuring")
    async def measure() -> dict[str, int]:
        """Measure."""
        return {"size": 3}

    @plugin.operation(effect="read", open_world=False)
    async def count() -> int:
        """Count."""
        return 3

    @plugin.operation(effect="read", open_world=False)
    async def point() -> list[Text | ResourceLink]:
        """Point at something."""
        return [Text("here"), ResourceLink("fixture://one", "one", title="One")]

    class Name(BaseModel):
        """Who."""

        name: str

    @plugin.operation(effect="write", open_world=False)
    async def ask(*, call: Call) -> str:
        """Ask."""
        answers = await call.ask(who=Form("Who?", Name))
        return answers["who"].content.name

    @plugin.resource("fixture://one", title="One")
    async def one() -> str:
        """One."""
        return "1"

    @plugin.resource("fixture://some/{id}", title="Some")
    async def some(id: str) -> str:  # noqa: A002 the name in the URI
        """Some."""
        return id

    @plugin.prompt(title="Greeting")
    async def greeting(name: str) -> str:
        """Greet."""
        return f"Hello, {name}"

    return plugin


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
async def test_titles_begin_with_2025_06_18(version: str):
    lists = [
        ("tools/list", "tools"),
        ("resources/list", "resources"),
        ("resources/templates/list", "resourceTemplates"),
        ("prompts/list", "prompts"),
    ]
    async with Client(everything()) as client:
        for method, key in lists:
            for entry in result_of(await call_in(client, version, method), method, version)[key]:
                assert ("title" in entry) == (version in NEW_TITLES), entry
                assert "icons" not in entry


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
async def test_annotations_begin_with_2025_03_26_and_carry_the_title_as_long_as_nothing_else_does(version: str):
    async with Client(everything()) as client:
        tools = result_of(await call_in(client, version, "tools/list"), "tools/list", version)["tools"]
    for tool in tools:
        assert ("annotations" in tool) == (version != "2024-11-05")
        assert ("title" in tool.get("annotations", {})) == (version == "2025-03-26")
    measure = next(tool for tool in tools if tool["name"] == "measure")
    if version == "2025-03-26":
        assert measure["annotations"]["title"] == "Measure it"


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
async def test_structured_content_begins_with_2025_06_18_and_is_an_object(version: str):
    async with Client(everything()) as client:
        tools = result_of(await call_in(client, version, "tools/list"), "tools/list", version)["tools"]
        schemas = {tool["name"]: tool.get("outputSchema") for tool in tools}
        for name, text, structured in (("measure", '{"size":3}', {"size": 3}), ("count", "3", {"result": 3})):
            result = result_of(await call_in(client, version, "tools/call", {"name": name}), "tools/call", version)
            assert result["content"] == [{"type": "text", "text": text}]
            assert result["isError"] is False
            if version in NEW_TITLES:
                assert result["structuredContent"] == structured
                assert schemas[name]["type"] == "object"
            else:
                assert "structuredContent" not in result
                assert schemas[name] is None


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
async def test_a_resource_link_is_a_text_before_2025_06_18(version: str):
    async with Client(everything()) as client:
        reply = await call_in(client, version, "tools/call", {"name": "point"})
        first, second = result_of(reply, "tools/call", version)["content"]
    assert first == {"type": "text", "text": "here"}
    if version in NEW_TITLES:
        assert second == {"type": "resource_link", "uri": "fixture://one", "name": "one", "title": "One"}
    else:
        assert second == {"type": "text", "text": "one: fixture://one"}


@pytest.mark.parametrize("version", LEGACY)
async def test_no_handshake_client_is_asked_anything(version: str):
    async with Client(everything()) as client:
        params: dict[str, Any] = {
            "name": "ask",
            "inputResponses": {"who": {"action": "accept", "content": {"name": "x"}}},
        }
        result = result_of(await legacy(client, "tools/call", params, version=version), "tools/call", version)
    assert failure_of(result)["code"] == "cannot_ask"


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
async def test_a_resource_that_does_not_exist_has_the_code_of_its_era(version: str):
    async with Client(everything()) as client:
        reply = await call_in(client, version, "resources/read", {"uri": "fixture://nope"})
    error = error_of(reply, -32602 if version == MODERN else -32002, status=200)
    assert error["data"] == {"uri": "fixture://nope"}


@pytest.mark.parametrize("version", LEGACY)
async def test_every_method_of_a_handshake_revision_answers_in_its_form(version: str):
    calls: list[tuple[str, dict[str, Any]]] = [
        ("resources/read", {"uri": "fixture://one"}),
        ("resources/read", {"uri": "fixture://some/7"}),
        ("prompts/get", {"name": "greeting", "arguments": {"name": "Ada"}}),
        ("tools/call", {"name": "measure", "task": {"ttl": 1000}}),
        ("tools/call", {"name": "ask"}),
        ("tools/list", {}),
        ("ping", {}),
    ]
    async with Client(everything()) as client:
        for method, params in calls:
            # Whatever is modern (result type, cache hints, server meta) would fail here.
            assert result_of(await legacy(client, method, params, version=version), method, version) is not None


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
async def test_progress_has_a_message_since_2025_03_26(version: str):
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def work(*, call: Call) -> str:
        """Work."""
        call.progress(1, 2, "half")
        return "done"

    async with Client(plugin) as client:
        if version == MODERN:
            reply = await client.mcp("tools/call", {"name": "work"}, meta={"progressToken": "t"})
        else:
            params = {"name": "work", "_meta": {"progressToken": "t"}}
            reply = await legacy(client, "tools/call", params, version=version)
    progress = reply.events()[0]["params"]
    expected = {"progressToken": "t", "progress": 1, "total": 2}
    assert progress == (expected if version == "2024-11-05" else expected | {"message": "half"})


async def test_no_revision_gets_a_block_that_it_has_not():
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def sound() -> list[Audio]:
        """Sound."""
        return [Audio(b"x", "audio/wav")]

    @plugin.prompt()
    async def linked() -> list[Message]:
        """Link."""
        return [Message("user", ResourceLink("fixture://x", "x")), Message("user", Audio(b"x", "audio/wav"))]

    async with Client(plugin) as client:
        reply = await legacy(client, "tools/call", {"name": "sound"}, version="2024-11-05")
        found = result_of(reply, "tools/call", "2024-11-05")
        assert "audio" not in [block["type"] for block in found["content"]]
        for version, kinds in (("2025-03-26", ["text", "audio"]), ("2024-11-05", ["text", "text"])):
            found = result_of(
                await legacy(client, "prompts/get", {"name": "linked"}, version=version), "prompts/get", version
            )
            assert [message["content"]["type"] for message in found["messages"]] == kinds
