"""Arrays of messages: revision 2025-03-26 demands them, every other refuses them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from plugwright import Plugin
from plugwright.testing import Client, Reply
from tests.mcp.replies import checked_error, checked_result, error_of, strict_json
from tests.mcp.wire import LEGACY, MODERN, modern, new_plugin, notification, request, send

VERSION = "2025-03-26"


def replies_of(reply: Reply) -> list[Any]:
    """The messages of a batch's reply."""
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    return strict_json(reply.body)


def doubling() -> Plugin:
    """A plugin with one tool."""
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def double(number: int) -> int:
        """Double a number."""
        return 2 * number

    return plugin


@pytest.mark.parametrize("headers", [{}, {"mcp-protocol-version": VERSION}])
async def test_each_request_of_a_batch_is_answered_once_in_one_array(headers: dict[str, str]):
    batch = [
        request("ping", request_id="a"),
        notification("notifications/initialized"),
        request("tools/call", {"name": "double", "arguments": {"number": 21}}, request_id=2),
        request("nothing", request_id=3),
        {"jsonrpc": "2.0", "id": 4},
        {"jsonrpc": "2.0", "id": None, "method": "ping"},
        5,
    ]
    async with Client(doubling()) as client:
        replies = replies_of(await send(client, batch, headers))
    known = {reply["id"]: reply for reply in replies if "id" in reply}
    assert len(replies) == 6
    assert checked_result(known["a"], "ping", VERSION, request_id="a") == {}
    result = checked_result(known[2], "tools/call", VERSION, request_id=2)
    assert result["content"] == [{"type": "text", "text": "42"}]
    checked_error(known[3], -32601, request_id=3)
    checked_error(known[4], -32600, request_id=4)
    for reply in replies:
        if "id" not in reply:
            checked_error(reply, -32600, request_id=None)


async def test_a_batch_without_requests_is_accepted_without_a_body():
    async with Client(doubling()) as client:
        batch = [notification("notifications/initialized"), notification("notifications/progress")]
        reply = await send(client, batch)
    assert (reply.status, reply.body) == (202, b"")


async def test_the_calls_of_a_batch_run_at_the_same_time():
    plugin = new_plugin()
    arrived: list[int] = []
    everyone = asyncio.Event()

    @plugin.operation(effect="read", open_world=False)
    async def meet(number: int) -> int:
        """Wait for the others."""
        arrived.append(number)
        if len(arrived) == 20:
            everyone.set()
        await everyone.wait()
        return number

    batch = [request("tools/call", {"name": "meet", "arguments": {"number": n}}, request_id=n) for n in range(20)]
    async with Client(plugin) as client:
        replies = replies_of(await asyncio.wait_for(send(client, batch), 5))
    assert sorted(reply["id"] for reply in replies) == list(range(20))


async def test_a_batch_may_not_initialize():
    async with Client(doubling()) as client:
        batch = [request("initialize", {"protocolVersion": VERSION}), request("ping", request_id=2)]
        refused, answered = replies_of(await send(client, batch))
    checked_error(refused, -32600)
    checked_result(answered, "ping", VERSION, request_id=2)


async def test_an_empty_and_an_endless_batch_are_refused():
    async with Client(doubling()) as client:
        error_of(await send(client, []), -32600, status=400, request_id=None)
        error_of(await send(client, [request("ping")] * 21), -32600, status=400, request_id=None)
        assert len(replies_of(await send(client, [request("ping")] * 20))) == 20


@pytest.mark.parametrize("version", [MODERN, "2099-01-01", *(version for version in LEGACY if version != VERSION)])
async def test_other_revisions_refuse_a_batch(version: str):
    message = modern("server/discover") if version == MODERN else request("ping")
    async with Client(doubling()) as client:
        reply = await send(client, json.dumps([message]).encode(), {"mcp-protocol-version": version})
        error_of(reply, -32600, status=400, request_id=None)


async def test_responses_in_a_batch_want_no_reply():
    response: dict[str, Any] = {"jsonrpc": "2.0", "id": 7, "result": {}}
    async with Client(new_plugin()) as client:
        reply = await send(client, [response, notification("notifications/x")])
        assert (reply.status, reply.body) == (202, b"")
        assert [message["id"] for message in strict_json((await send(client, [response, request("ping")])).body)] == [1]
