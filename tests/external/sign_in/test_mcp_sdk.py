"""The `mcp` SDK's own OAuth client, unchanged, signs in and calls; only the browser is played."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.external.sign_in.client_site import client_site, make_certificate, trusting
from tests.external.sign_in.sdk import Storage, user
from tests.external.sign_in.site import PROTECTED, Site, serving

ERAS = pytest.mark.parametrize("mode", ["legacy", "auto", "2026-07-28"])


@ERAS
async def test_it_finds_registers_signs_in_and_calls(protected: Site, mode: str):
    async with user(protected.url, Storage()) as somebody, somebody.connected(mode) as client:
        tools = await client.list_tools()
        result = await client.call_tool("read_note", {})

    assert {tool.name for tool in tools.tools} == {"read_note", "write_note"}
    assert result.structured_content == {"text": "Buy milk", "subject": protected.account_id}
    assert somebody.seen[:5] == [
        "POST /mcp 401",
        "GET /.well-known/oauth-protected-resource/mcp 200",
        "GET /.well-known/oauth-authorization-server 200",
        "POST /oauth/register 201",
        "POST /oauth/token 200",
    ]
    assert "POST /mcp 401" not in somebody.seen[5:]


@pytest.mark.parametrize("method", ["none", "client_secret_post", "client_secret_basic"])
async def test_it_proves_who_it_is_by_every_method_it_knows(protected: Site, method: str):
    storage = Storage()
    async with (
        user(protected.url, storage, token_endpoint_auth_method=method) as somebody,
        somebody.connected() as client,
    ):
        result = await client.call_tool("read_note", {})

    assert not result.is_error
    assert storage.client is not None
    assert storage.client.token_endpoint_auth_method == method
    assert (storage.client.client_secret is None) == (method == "none")


async def test_it_refreshes_an_expired_token_without_asking_anybody(protected: Site):
    storage = Storage()
    async with user(protected.url, storage) as somebody, somebody.connected() as client:
        await client.call_tool("read_note", {})
        first, asked = storage.tokens, len(somebody.person.pages)
        somebody.provider.context.token_expiry_time = 1.0  # long ago
        result = await client.call_tool("read_note", {})

    assert not result.is_error
    assert first is not None
    assert storage.tokens is not None
    assert storage.tokens.refresh_token != first.refresh_token
    assert len(somebody.person.pages) == asked == 2


async def test_it_signs_in_only_when_a_tool_asks_and_steps_up_for_the_next(mixed: Site):
    storage = Storage()
    async with user(mixed.url, storage) as somebody, somebody.connected() as client:
        greeting = await client.call_tool("greet", {})
        asked_before = list(somebody.person.pages)
        note = await client.call_tool("read_note", {})
        assert storage.tokens is not None
        first = storage.tokens.scope
        written = await client.call_tool("write_note", {"text": "Buy bread"})

    assert (greeting.is_error, asked_before) == (False, [])
    assert note.structured_content == {"text": "Buy milk", "subject": mixed.account_id}
    assert written.structured_content == {"text": "Buy bread", "subject": mixed.account_id}
    assert set((first or "").split()) & {"notes:read", "notes:write"} == {"notes:read"}
    assert set((storage.tokens.scope or "").split()) >= {"notes:read", "notes:write"}
    assert {"POST /mcp 401", "POST /mcp 403"} <= set(somebody.seen)


async def test_a_client_that_is_a_document_signs_in_without_registering(tmp_path: Path):
    certificate = make_certificate(tmp_path / "client.pem")
    storage = Storage()
    async with client_site(certificate) as published:
        with serving(PROTECTED, trusting(certificate), fetch_allowed_origins=published.address) as site:
            async with user(site.url, storage, document_url=published.document_url) as somebody:
                published.describe("SDK by document", somebody.own.callback)
                async with somebody.connected() as client:
                    result = await client.call_tool("read_note", {})

    assert not result.is_error
    assert storage.client is not None
    assert storage.client.client_id == published.document_url
    assert published.fetched == ["/client.json"]
    assert "POST /oauth/register 201" not in somebody.seen
    assert any("SDK by document" in page for page in somebody.person.pages)
