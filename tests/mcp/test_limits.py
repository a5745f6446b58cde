"""Limits over MCP: a result that says when there is room again, and the same header fields as REST."""

from typing import Any

import pytest

from plugwright import Plugin
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.clocks import Clock, client_at
from tests.mcp.replies import result_of, strict_json, texts_of
from tests.mcp.wire import LEGACY, MODERN, call_in, new_plugin, request, send

CALL = {"name": "count", "arguments": {"word": "a"}}


def limited(**options: Any) -> Plugin:
    """A plugin that counts words, once a minute."""
    plugin = new_plugin()

    said: dict[str, Any] = {"effect": "read", "open_world": False, "limit": "1/minute"}

    @plugin.operation(**(said | options))
    def count(word: str) -> int:
        """Count a word."""
        return len(word)

    return plugin


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
async def test_a_call_too_many_is_a_result_with_the_facts_that_the_headers_have(version: str):
    clock = Clock()
    async with client_at(limited(), clock) as client:
        good = await call_in(client, version, "tools/call", CALL)
        clock.pass_by(20)
        refused = await call_in(client, version, "tools/call", CALL)
        clock.pass_by(40)
        again = await call_in(client, version, "tools/call", CALL)
    assert result_of(good, "tools/call", version)["isError"] is False
    assert good.headers["ratelimit"] == '"count.minute";r=0;t=60'
    assert good.headers["ratelimit-policy"] == '"count.minute";q=1;w=60'
    result = result_of(refused, "tools/call", version)
    assert result["isError"] is True
    (text,) = texts_of(result)
    said = strict_json(text)
    assert said.pop("request_id") == refused.headers["x-request-id"]
    assert said.pop("error")
    assert said == {
        "code": "too_many_calls",
        "limit": "1/minute",
        "remaining": 0,
        "reset": 40,
        "retry_after": 40,
    }
    assert (refused.headers["retry-after"], refused.headers["ratelimit"]) == ("40", '"count.minute";r=0;t=40')
    assert result_of(again, "tools/call", version)["isError"] is False


async def test_calls_over_rest_and_mcp_count_together():
    async with Client(limited()) as client:
        assert (await client.get("/count?word=a")).status == 200
        assert result_of(await client.mcp("tools/call", CALL), "tools/call")["isError"] is True


async def test_lists_are_not_counted():
    async with Client(limited()) as client:
        for _ in range(3):
            reply = await client.mcp("tools/list")
            assert "tools" in result_of(reply, "tools/list")
            assert "ratelimit" not in reply.headers


async def test_each_call_of_a_batch_counts():
    batch = [request("tools/call", CALL, request_id=number) for number in (1, 2)]
    async with Client(limited()) as client:
        reply = await send(client, batch, {"mcp-protocol-version": "2025-03-26"})
    assert sorted(message["result"]["isError"] for message in reply.json()) == [False, True]


async def test_callers_are_told_apart_behind_a_trusted_proxy():
    async with Client(limited(), Settings(trusted_proxy_hops=1)) as client:
        replies = [
            await client.mcp("tools/call", CALL, headers={"x-forwarded-for": address})
            for address in ("198.51.100.1", "198.51.100.2", "198.51.100.1")
        ]
    assert [result_of(reply, "tools/call")["isError"] for reply in replies] == [False, False, True]
