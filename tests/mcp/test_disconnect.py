"""A client that leaves: in the modern era that cancels its call, in the handshake era it does not."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from plugwright import Call, Plugin
from plugwright.testing import Client
from tests.mcp.wire import (
    LEGACY,
    Exchange,
    eventually,
    header_list,
    modern,
    modern_headers,
    new_plugin,
    request,
)


class Work:
    """What happened to a call that waits."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.may_end = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.ended = asyncio.Event()

    async def do(self, call: Call) -> str:
        """Wait until told to end."""
        call.progress(1)
        self.started.set()
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        self.ended.set()
        return "done"


def waiting(work: Work) -> Plugin:
    """A plugin that waits in a tool, a prompt and a resource."""
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def wait(*, call: Call) -> str:
        """Wait."""
        return await work.do(call)

    @plugin.prompt(name="wait")
    async def wait_prompt(*, call: Call) -> str:
        """Wait."""
        return await work.do(call)

    @plugin.resource("fixture://wait")
    async def wait_resource(*, call: Call) -> str:
        """Wait."""
        return await work.do(call)

    return plugin


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("tools/call", {"name": "wait"}),
    ("prompts/get", {"name": "wait"}),
    ("resources/read", {"uri": "fixture://wait"}),
]


@pytest.mark.parametrize("token", [None, 1], ids=["json", "stream"])
@pytest.mark.parametrize(("method", "params"), CALLS)
async def test_leaving_cancels_a_modern_call_and_nothing_more_is_sent(
    method: str, params: dict[str, Any], token: int | None
):
    work = Work()
    message = modern(method, params)
    if token is not None:
        message["params"]["_meta"]["progressToken"] = token
    async with Client(waiting(work)) as client:
        exchange = Exchange(client.app, header_list(*modern_headers(message).items()), [json.dumps(message).encode()])
        running = asyncio.create_task(exchange.run())
        await eventually(work.started)
        if token is not None:
            while len(exchange.messages) < 2:
                exchange.progressed.clear()
                await eventually(exchange.progressed)
        sent = len(exchange.messages)
        exchange.left.set()
        await asyncio.wait_for(running, 5)
    assert work.cancelled.is_set()
    assert not work.ended.is_set()
    assert len(exchange.messages) == sent == (0 if token is None else 2)


@pytest.mark.parametrize("version", [*LEGACY, None])
async def test_leaving_does_not_cancel_a_handshake_call(version: str | None):
    work = Work()
    message = request("tools/call", {"name": "wait"})
    async with Client(waiting(work)) as client:
        exchange = Exchange(client.app, header_list(mcp_protocol_version=version), [json.dumps(message).encode()])
        running = asyncio.create_task(exchange.run())
        await eventually(work.started)
        exchange.left.set()
        for _ in range(10):
            await asyncio.sleep(0)
        assert not work.cancelled.is_set()
        work.may_end.set()
        await asyncio.wait_for(running, 5)
    assert work.ended.is_set()


async def test_a_client_that_left_before_its_call_began_to_wait_ends_it_too():
    work = Work()
    message = modern("tools/call", {"name": "wait"})
    async with Client(waiting(work)) as client:
        exchange = Exchange(client.app, header_list(*modern_headers(message).items()), [json.dumps(message).encode()])
        exchange.left.set()
        await asyncio.wait_for(exchange.run(), 5)
    assert work.cancelled.is_set()
    assert exchange.messages == []


async def test_a_cancelled_notification_of_one_client_never_ends_anothers_call():
    work = Work()
    message = modern("tools/call", {"name": "wait"})
    async with Client(waiting(work)) as client:
        exchange = Exchange(client.app, header_list(*modern_headers(message).items()), [json.dumps(message).encode()])
        running = asyncio.create_task(exchange.run())
        await eventually(work.started)
        cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
        for version in ("2026-07-28", "2025-11-25"):
            other = Exchange(client.app, header_list(mcp_protocol_version=version), [json.dumps(cancelled).encode()])
            assert (await other.run()).status == 202
        assert not work.cancelled.is_set()
        work.may_end.set()
        assert (await asyncio.wait_for(running, 5)).status == 200


async def test_other_calls_go_on_when_one_client_leaves():
    work = Work()
    message = modern("tools/call", {"name": "wait"})
    async with Client(waiting(work)) as client:
        both = [
            Exchange(client.app, header_list(*modern_headers(message).items()), [json.dumps(message).encode()])
            for _ in range(2)
        ]
        tasks = [asyncio.create_task(exchange.run()) for exchange in both]
        await eventually(work.started)
        await asyncio.sleep(0)
        both[0].left.set()
        await eventually(work.cancelled)
        work.may_end.set()
        replies = await asyncio.wait_for(asyncio.gather(*tasks), 5)
    assert [reply.status for reply in replies] == [0, 200]
