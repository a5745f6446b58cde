"""FastMCP's own OAuth client, unchanged, signs in and calls; only the browser that it opens is played."""

from __future__ import annotations

import asyncio
import webbrowser
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.client.auth import OAuth

from tests.external.servers import free_port
from tests.external.sign_in.client_site import client_site, make_certificate, trusting
from tests.external.sign_in.http_browser import HttpPerson
from tests.external.sign_in.site import PROTECTED, Site, serving

ERAS = pytest.mark.parametrize("mode", ["legacy", "auto", "2026-07-28"])
pytestmark = pytest.mark.filterwarnings("ignore:Using in-memory token storage")


@asynccontextmanager
async def connected(
    site: Site, monkeypatch: pytest.MonkeyPatch, *, mode: Any = "auto", **oauth: Any
) -> AsyncGenerator[tuple[Client[Any], HttpPerson]]:
    """FastMCP's client, and the person at the browser that it opens."""
    person = HttpPerson(site.url)
    async with asyncio.TaskGroup() as browsing:

        def open_browser(url: str) -> bool:
            browsing.create_task(person.authorize(url))
            return True

        monkeypatch.setattr(webbrowser, "open", open_browser)
        async with Client(site.mcp, auth=OAuth(**oauth), mode=mode) as client:
            yield client, person


@ERAS
async def test_it_finds_registers_signs_in_and_calls(protected: Site, monkeypatch: pytest.MonkeyPatch, mode: str):
    async with connected(protected, monkeypatch, mode=mode) as (client, person):
        tools = await client.list_tools()
        result = await client.call_tool("read_note", {})

    assert {tool.name for tool in tools} == {"read_note", "write_note"}
    assert result.structured_content == {"text": "Buy milk", "subject": protected.account_id}
    assert len(person.pages) == 2  # sign-in and consent


async def test_it_signs_in_only_when_a_tool_asks_and_steps_up_for_the_next(
    mixed: Site, monkeypatch: pytest.MonkeyPatch
):
    async with connected(mixed, monkeypatch) as (client, person):
        greeting = await client.call_tool("greet", {})
        asked_before = list(person.pages)
        note = await client.call_tool("read_note", {})
        written = await client.call_tool("write_note", {"text": "Buy bread"})

    assert (greeting.is_error, asked_before) == (False, [])
    assert note.structured_content == {"text": "Buy milk", "subject": mixed.account_id}
    assert written.structured_content == {"text": "Buy bread", "subject": mixed.account_id}


async def test_a_client_that_is_a_document_signs_in_without_registering(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    certificate, port = make_certificate(tmp_path / "client.pem"), free_port()
    async with client_site(certificate) as published:
        published.describe("FastMCP by document", f"http://localhost:{port}/callback")
        with serving(PROTECTED, trusting(certificate), fetch_allowed_origins=published.address) as site:
            own: dict[str, Any] = {"client_metadata_url": published.document_url, "callback_port": port}
            async with connected(site, monkeypatch, **own) as (client, person):
                result = await client.call_tool("read_note", {})
            listed = site.operator.run("clients", "list")

    assert not result.is_error
    assert [(client["client_id"], client["source"]) for client in listed] == [(published.document_url, "document")]
    assert any("FastMCP by document" in page for page in person.pages)
