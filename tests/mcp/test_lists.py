"""Lists: their order, their pages, and that every process gives the same bytes."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from typing import Annotated, Any

import pytest
from pydantic import Field

from plugwright import Plugin
from plugwright.protocols.mcp.paging import PagedList
from plugwright.testing import Client
from tests.mcp.replies import error_of, result_of, strict_json
from tests.mcp.wire import LEGACY, LOGO, MODERN, call_in, legacy, new_plugin

LISTS = [
    ("tools/list", "tools"),
    ("prompts/list", "prompts"),
    ("resources/list", "resources"),
    ("resources/templates/list", "resourceTemplates"),
]
PAGE = 100


def crowded(key: str, count: int) -> Plugin:
    """A plugin with many things of one kind, defined in no order."""
    plugin = new_plugin()
    for number in sorted(range(count), key=lambda number: (number * 7919) % 1009):
        name = f"thing_{number:03}"

        async def answer() -> str:
            """Answer."""
            return "x"

        async def family(id: str) -> str:  # noqa: A002 the name in the URI
            """Answer."""
            return id

        if key == "tools":
            plugin.operation(effect="read", open_world=False, name=name)(answer)
        elif key == "prompts":
            plugin.prompt(name=name)(answer)
        elif key == "resources":
            plugin.resource(f"fixture://{name}", name=name)(answer)
        else:
            plugin.resource(f"fixture://{name}/{{id}}", name=name)(family)
    return plugin


async def pages_of(client: Client, version: str, method: str, key: str) -> list[list[str]]:
    """The names on each page of a list, by following its cursors."""
    pages: list[list[str]] = []
    params: dict[str, Any] = {}
    while len(pages) < 10:
        result = result_of(await call_in(client, version, method, params), method, version)
        pages.append([entry["name"] for entry in result[key]])
        if version == MODERN:
            assert (result["ttlMs"], result["cacheScope"]) == (300_000, "public")
        if "nextCursor" not in result:
            return pages
        assert result["nextCursor"]
        params = {"cursor": result["nextCursor"]}
    raise AssertionError("the list does not end")


@pytest.mark.parametrize(("method", "key"), LISTS)
async def test_a_long_list_comes_in_pages_ordered_by_name(method: str, key: str):
    names = [f"thing_{number:03}" for number in range(PAGE + 3)]
    async with Client(crowded(key, len(names))) as client:
        for version in (MODERN, *LEGACY):
            assert await pages_of(client, version, method, key) == [names[:PAGE], names[PAGE:]]


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, [0]), (1, [1]), (2, [2]), (3, [3]), (4, [3, 1]), (6, [3, 3]), (7, [3, 3, 1])]
)
def test_only_a_page_with_more_behind_it_has_a_cursor(count: int, sizes: list[int]):
    listed = PagedList([(f"{number}", b"%d" % number) for number in range(count)], size=3)
    assert [len(page) for page in walk(listed)] == sizes
    assert [entry for page in walk(listed) for entry in page] == list(range(count))


def walk(listed: PagedList, cursor: str | None = None) -> list[list[int]]:
    """The pages of a list from a cursor on."""
    entries, following = listed.page(cursor)
    page = strict_json(b"[" + entries + b"]")
    if not following:
        return [page]
    return [page, *walk(listed, strict_json(b"{" + following.strip(b",") + b"}")["nextCursor"])]


def cursor_after(listed: PagedList) -> str:
    """The cursor at the end of the first page."""
    return strict_json(b"{" + listed.page(None)[1].strip(b",") + b"}")["nextCursor"]


def test_a_cursor_stays_right_when_entries_come_and_go():
    before = PagedList([(f"{number:02}", b"%d" % number) for number in range(10)], size=4)
    # Another release: what stood before and at the cursor is gone, so that an offset would skip some.
    after = PagedList([(f"{number:02}", b"%d" % number) for number in range(10, 1, -2)], size=4)
    assert walk(after, cursor_after(before)) == [[4, 6, 8, 10]]


@pytest.mark.parametrize(
    "cursor",
    ["", "nonsense", "100", "AAAA", "====", base64.b64encode(b"before:x").decode(), "ü", "\x00", 0, 100, True, [], {}],
)
async def test_a_cursor_that_is_not_ours_is_refused(cursor: Any):
    for method, key in LISTS:
        async with Client(crowded(key, 1)) as client:
            error_of(await client.mcp(method, {"cursor": cursor}), -32602, status=200)
            error_of(await legacy(client, method, {"cursor": cursor}), -32602, status=200)


async def test_a_list_does_not_depend_on_earlier_calls():
    async with Client(crowded("tools", 3)) as client:
        before = (await client.mcp("tools/list")).body
        await client.mcp("tools/list", {"cursor": "nonsense"})
        await client.mcp("tools/call", {"name": "thing_000"})
        for version in LEGACY:
            await legacy(client, "tools/list", version=version)
        assert (await client.mcp("tools/list")).body == before


async def test_a_schema_is_published_unchanged():
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"address": {"$anchor": "addressDef", "type": "object", "properties": {"street": {"type": "string"}}}},
        "properties": {"address": {"$ref": "#/$defs/address"}, "phone": {"type": "string"}},
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["address"]}]}],
        "if": {"properties": {"phone": {"const": "1"}}},
        "then": {"required": ["address"]},
        "else": {"not": {"required": ["nothing"]}},
        "additionalProperties": False,
    }
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, input_schema=schema)
    async def reach(address: dict[str, str] | None = None, phone: str | None = None) -> str:
        """Reach someone."""
        return "reached"

    async with Client(plugin) as client:
        for version in (MODERN, *LEGACY):
            reply = await call_in(client, version, "tools/list")
            assert result_of(reply, "tools/list", version)["tools"][0]["inputSchema"] == schema


async def test_a_tool_tells_its_input_its_output_and_all_four_hints():
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def nothing() -> None:
        """Do nothing."""

    @plugin.operation(effect="destroy", open_world=True, title="Wipe it")
    async def wipe(name: Annotated[str, Field(description="What to wipe")], force: bool = False) -> dict[str, int]:
        """Wipe something.

        For good.
        """
        return {name: int(force)}

    @plugin.operation(effect="write", open_world=True, idempotent=True)
    async def put() -> str:
        """Put something."""
        return "put"

    async with Client(plugin) as client:
        listed = result_of(await client.mcp("tools/list"), "tools/list")["tools"]
    tools = {tool["name"]: tool for tool in listed}
    assert tools["nothing"]["inputSchema"] == {"type": "object", "additionalProperties": False}
    assert "outputSchema" not in tools["nothing"]
    schema = tools["wipe"]["inputSchema"]
    assert schema["properties"]["name"]["description"] == "What to wipe"
    assert (schema["required"], schema["additionalProperties"]) == (["name"], False)
    assert tools["wipe"]["outputSchema"]["type"] == "object"
    assert tools["wipe"]["title"] == "Wipe it"
    hints = {name: tuple(tool["annotations"].values()) for name, tool in tools.items()}
    assert [*tools["put"]["annotations"]] == ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"]
    assert hints == {
        "nothing": (True, False, True, False),
        "wipe": (False, True, True, True),
        "put": (False, False, True, True),
    }
    assert all(tool["description"] for tool in listed)


PROGRAM = """
import asyncio, hashlib, sys
from typing import Literal
from plugwright import Plugin
from plugwright.protocols.mcp.paging import PagedList
from plugwright.testing import Client

plugin = Plugin(name="fixture", title="Fixture", summary="s", instructions="i", version="1.2.3",
                contact_email="a@example.com", legal_url="https://example.com", logo=sys.argv[1])
for name in {"beta", "alpha", "gamma", "delta"}:
    async def choose(kind: Literal["b", "a", "c"], tags: set[str] = set()) -> dict[str, str]:
        "Choose."
        return {}
    plugin.operation(effect="read", open_world=False, name=name, tags=["x", "y"])(choose)
    async def page() -> str:
        "Page."
        return ""
    plugin.resource(f"fixture://{name}")(page)
    plugin.prompt(name=name)(page)

async def main():
    async with Client(plugin) as client:
        for method in ("tools/list", "resources/list", "prompts/list", "server/discover"):
            print(hashlib.sha256((await client.mcp(method)).body).hexdigest())

asyncio.run(main())
"""


async def test_every_process_gives_the_same_lists():
    async def lists(seed: str) -> bytes:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            PROGRAM,
            str(LOGO),
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0, errors.decode()
        return output

    first, second, third = await asyncio.gather(*(lists(seed) for seed in ("0", "1", "4242")))
    assert len(first.splitlines()) == 4
    assert first == second == third
