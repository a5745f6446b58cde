"""Who may call a tool over MCP, on the wire: the order of checks, the replies, and what ChatGPT needs."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from plugwright import Call, Form, OAuth
from plugwright.testing import Client, Reply
from tests.auth.places import OAUTH, mixed, protected
from tests.auth.tokens import METADATA, settings_in, sign_in
from tests.web.plugins import new_plugin

READ = ["places:read"]
BY_HTTP = OAuth(scopes=OAUTH.scopes, tool_challenge="http")
LEGACY = {"mcp-protocol-version": "2025-11-25"}


class Name(BaseModel):
    """A name."""

    name: str


async def call(client: Client, name: str, arguments: Any = None, headers: dict[str, str] | None = None) -> Reply:
    """One tools/call."""
    return await client.mcp("tools/call", {"name": name, "arguments": arguments or {}}, headers=headers)


def in_result(reply: Reply) -> str:
    """The challenge inside the result of a refused call."""
    result = reply.json()["result"]
    assert result["isError"] is True
    assert result["content"][0]["type"] == "text"
    [challenge] = result["_meta"]["mcp/www_authenticate"]
    assert "error=" in challenge
    assert "error_description=" in challenge
    return challenge


@pytest.mark.parametrize("method", ["server/discover", "tools/list", "tools/call", "resources/list"])
async def test_a_plugin_where_nothing_is_public_asks_before_it_reads_the_body(method: str, tmp_path: Path):
    async with Client(protected(), settings_in(tmp_path)) as client:
        reply = await client.mcp(method)
        unread = await client.request(
            "POST", "/mcp", body=b"{", headers={"content-type": "text/plain", "content-length": "999999999"}
        )

    assert [reply.status, unread.status] == [401, 401]
    assert reply.headers["www-authenticate"] == f'Bearer {METADATA}, scope="places:read places:write"'
    assert reply.headers["cache-control"] == "no-store"


async def test_origin_host_and_method_come_before_the_token(tmp_path: Path):
    async with Client(protected(), settings_in(tmp_path)) as client:
        assert (await client.mcp("tools/list", headers={"host": "evil.example"})).status == 421
        assert (await client.mcp("tools/list", headers={"origin": "https://evil.example"})).status == 403
        assert (await client.get("/mcp")).status == 405
        page = {"origin": "https://chatgpt.com", "access-control-request-method": "POST"}
        assert (await client.request("OPTIONS", "/mcp", headers=page)).status == 204


async def test_any_valid_token_opens_the_lists_of_a_protected_plugin_and_its_resources(tmp_path: Path):
    settings = settings_in(tmp_path)
    async with Client(protected(), settings) as client:
        user = sign_in(settings, ["places:write"])
        listed = await client.mcp("tools/list", headers=user.headers)
        read = await client.mcp("resources/read", {"uri": "places://oslo"}, headers=user.headers)

    assert len(listed.json()["result"]["tools"]) == 2
    assert read.json()["result"]["contents"][0]["text"] == "oslo"


async def test_a_protected_plugin_answers_too_little_scope_with_403_header_and_result(tmp_path: Path):
    settings = settings_in(tmp_path)
    async with Client(protected(), settings) as client:
        reply = await call(client, "save_place", {"place": "Oslo"}, sign_in(settings, READ).headers)

    assert reply.status == 403
    assert reply.headers["www-authenticate"].startswith(
        'Bearer error="insufficient_scope", scope="places:read places:write"'
    )
    assert 'scope="places:read places:write"' in in_result(reply)


@pytest.mark.parametrize("plugin", [mixed, protected])
async def test_a_token_that_is_not_valid_is_always_401(plugin: Any, tmp_path: Path):
    async with Client(plugin(), settings_in(tmp_path)) as client:
        reply = await call(client, "list_places", headers={"authorization": "Bearer x"})

    assert reply.status == 401
    assert reply.headers["www-authenticate"].startswith('Bearer error="invalid_token"')


@pytest.mark.parametrize("plugin", [mixed, protected])
async def test_two_tokens_and_one_in_the_query_are_a_bad_request(plugin: Any, tmp_path: Path):
    async with Client(plugin(), settings_in(tmp_path)) as client:
        reply = await call(client, "list_places", headers={"authorization": "Bearer a, Bearer b"})
        query = await client.request("POST", "/mcp?access_token=a", json={}, headers={"authorization": "Bearer a"})

    assert [reply.status, query.status] == [400, 400]
    for refused in (reply, query):
        assert refused.headers["www-authenticate"].startswith('Bearer error="invalid_request"')


async def test_a_mixed_plugin_shows_everything_and_runs_what_is_open_without_a_token(tmp_path: Path):
    async with Client(mixed(), settings_in(tmp_path)) as client:
        assert (await client.mcp("server/discover")).status == 200
        names = [tool["name"] for tool in (await client.mcp("tools/list")).json()["result"]["tools"]]
        reply = await call(client, "weather", {"city": "Oslo"})

    assert sorted(names) == ["greet", "insist", "list_places", "save_place", "weather"]
    assert reply.json()["result"]["content"][0]["text"] == "sunny in Oslo for None"


@pytest.mark.parametrize("name", ["list_places", "insist"])
async def test_a_protected_tool_of_a_mixed_plugin_asks_inside_its_result(name: str, tmp_path: Path):
    async with Client(mixed(), settings_in(tmp_path)) as client:
        reply = await call(client, name)

    assert reply.status == 200
    assert "www-authenticate" not in reply.headers
    assert in_result(reply) == (
        f'Bearer {METADATA}, error="insufficient_scope", error_description="Sign in to use this", scope="places:read"'
    )


@pytest.mark.parametrize("name", ["list_places", "insist"])
async def test_the_http_way_sends_401_with_the_header_and_the_same_result(name: str, tmp_path: Path):
    async with Client(mixed(BY_HTTP), settings_in(tmp_path)) as client:
        reply = await call(client, name)

    assert reply.status == 401
    assert reply.headers["www-authenticate"] == f'Bearer {METADATA}, scope="places:read"'
    assert 'scope="places:read"' in in_result(reply)


@pytest.mark.parametrize(("auth", "status"), [(OAUTH, 200), (BY_HTTP, 403)])
async def test_a_mixed_plugin_answers_too_little_scope_by_result_or_by_403(auth: OAuth, status: int, tmp_path: Path):
    settings = settings_in(tmp_path)
    async with Client(mixed(auth), settings) as client:
        reply = await call(client, "save_place", {"place": "Oslo"}, sign_in(settings, READ).headers)

    assert reply.status == status
    assert ("www-authenticate" in reply.headers) == (status == 403)
    assert 'scope="places:read places:write"' in in_result(reply)


@pytest.mark.parametrize("plugin", [mixed, protected])
async def test_the_handler_learns_who_calls(plugin: Any, tmp_path: Path):
    settings = settings_in(tmp_path)
    async with Client(plugin(), settings) as client:
        user = sign_in(settings, READ)
        replies = [await call(client, "list_places", headers=user.headers) for _ in range(3)]

    told = [reply.json()["result"]["structuredContent"] for reply in replies]
    assert told == [{"subject": user.account_id, "client": user.client_id}] * 3


async def test_where_sign_in_is_optional_the_caller_is_known_with_a_token(tmp_path: Path):
    settings = settings_in(tmp_path)
    async with Client(mixed(), settings) as client:
        user = sign_in(settings, READ)
        nobody = await call(client, "greet")
        known = await call(client, "greet", headers=user.headers)

    assert nobody.json()["result"]["structuredContent"] == {"subject": None}
    assert known.json()["result"]["structuredContent"] == {"subject": user.account_id}


async def test_missing_scope_is_told_before_the_arguments_are_looked_at(tmp_path: Path):
    settings = settings_in(tmp_path)
    async with Client(protected(), settings) as client:
        reply = await call(client, "save_place", {"nonsense": 1}, sign_in(settings, READ).headers)

    assert reply.status == 403


async def test_the_tools_are_the_same_for_everybody(tmp_path: Path):
    settings = settings_in(tmp_path)
    async with Client(mixed(), settings) as client:
        bodies = {
            (await client.mcp("tools/list", headers=headers)).body for headers in ({}, sign_in(settings, READ).headers)
        }

    assert len(bodies) == 1


async def test_handshake_revisions_get_the_same_answers(tmp_path: Path):
    settings = settings_in(tmp_path)
    message: dict[str, Any] = {
        "jsonrpc": "2.0",
        "id": 7,
        "method": "tools/call",
        "params": {"name": "list_places", "arguments": {}},
    }
    async with Client(mixed(), settings) as client:
        asked = await client.post("/mcp", json=message, headers=LEGACY)
        bad = await client.post("/mcp", json=message, headers=LEGACY | {"authorization": "Bearer x"})
        good = await client.post("/mcp", json=message, headers=LEGACY | sign_in(settings, READ).headers)
        batch = await client.post("/mcp", json=[message], headers={"mcp-protocol-version": "2025-03-26"})

    assert asked.status == 200
    assert "mcp/www_authenticate" in asked.json()["result"]["_meta"]
    assert bad.status == 401
    assert good.json()["result"]["isError"] is False
    assert "mcp/www_authenticate" in batch.json()[0]["result"]["_meta"]


async def test_a_batch_to_a_protected_plugin_needs_the_scopes_too(tmp_path: Path):
    settings = settings_in(tmp_path)
    message: dict[str, Any] = {
        "jsonrpc": "2.0",
        "id": 7,
        "method": "tools/call",
        "params": {"name": "list_places", "arguments": {}},
    }
    headers = {"mcp-protocol-version": "2025-03-26"}
    async with Client(protected(), settings) as client:
        nobody = await client.post("/mcp", json=[message], headers=headers)
        narrow = await client.post(
            "/mcp", json=[message], headers=headers | sign_in(settings, ["places:write"]).headers
        )
        enough = await client.post("/mcp", json=[message], headers=headers | sign_in(settings, READ).headers)

    assert nobody.status == 401
    assert narrow.json()[0]["result"]["isError"] is True
    assert enough.json()[0]["result"]["isError"] is False


async def test_when_the_database_is_away_the_answer_is_503(tmp_path: Path):
    settings = settings_in(tmp_path, database_url="postgresql://nobody@127.0.0.1:1/none")
    headers = {"authorization": "Bearer pw_at_" + "a" * 43}
    for plugin in (mixed(), protected()):
        reply = await call(Client(plugin, settings), "list_places", headers=headers)
        assert reply.status == 503
        assert "retry-after" in reply.headers
        assert "www-authenticate" not in reply.headers


async def test_the_state_between_the_rounds_of_a_call_belongs_to_who_began_it(tmp_path: Path):
    plugin = new_plugin(auth=OAUTH)

    @plugin.operation(effect="write", open_world=False, scopes=["places:write"])
    async def rename(*, call: Call) -> str:
        """Rename a place."""
        answers = await call.ask(name=Form("Which?", Name), remember={"who": call.subject})
        return f"{call.remembered['who']} {answers['name'].content.name}"

    settings = settings_in(tmp_path)
    async with Client(plugin, settings) as client:
        ann, eve = sign_in(settings, ["places:write"]), sign_in(settings, ["places:write"])
        params: dict[str, Any] = {"name": "rename", "arguments": {}}
        capabilities: dict[str, Any] = {"elicitation": {}}
        first = await client.mcp("tools/call", params, capabilities=capabilities, headers=ann.headers)
        state = first.json()["result"]["requestState"]
        again = params | {
            "requestState": state,
            "inputResponses": {"name": {"action": "accept", "content": {"name": "Oslo"}}},
        }
        stolen = await client.mcp("tools/call", again, capabilities=capabilities, headers=eve.headers)
        own = await client.mcp("tools/call", again, capabilities=capabilities, headers=ann.headers)

    assert stolen.json()["error"]["code"] == -32602
    assert ann.account_id in own.json()["result"]["content"][0]["text"]
