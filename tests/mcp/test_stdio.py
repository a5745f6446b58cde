"""MCP over standard input and output: one message a line, answered as they come."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel

from plugwright import Call, Form, Plugin
from plugwright.testing import Client
from tests.mcp.pipe import Pipe, by_id
from tests.mcp.replies import checked_error, checked_result, texts_of
from tests.mcp.wire import LEGACY, MODERN, envelope, eventually, modern, new_plugin, notification, request


class Name(BaseModel):
    """Who someone is."""

    name: str


class Gate:
    """Where calls wait, and what became of them."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.open = asyncio.Event()
        self.cancelled: list[str] = []


def gated(gate: Gate) -> Plugin:
    """A plugin with a quick tool, one that waits, one that asks and one that tells."""
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def quick(text: str = "quick") -> str:
        """Answer at once."""
        return text

    @plugin.operation(effect="read", open_world=False)
    async def wait(name: str) -> str:
        """Wait."""
        gate.started.set()
        try:
            await gate.open.wait()
        except asyncio.CancelledError:
            gate.cancelled.append(name)
            raise
        return name

    @plugin.operation(effect="write", open_world=False)
    async def ask(*, call: Call) -> str:
        """Ask."""
        return (await call.ask(who=Form("Who?", Name)))["who"].content.name

    @plugin.operation(effect="read", open_world=False)
    def tell(*, call: Call) -> str:
        """Tell from a thread."""
        for done in range(100):
            call.progress(done)
        call.message("warning", "ü\n")
        return "told"

    return plugin


def call(name: str, request_id: Any = 1, /, **arguments: Any) -> dict[str, Any]:
    """A handshake tools/call."""
    return request("tools/call", {"name": name, "arguments": arguments}, request_id=request_id)


@pytest.mark.parametrize("version", LEGACY)
async def test_a_handshake_holds_for_the_connection(version: str):
    async with Client(gated(Gate())) as client:
        pipe = Pipe(client)
        pipe.send(
            request("initialize", {"protocolVersion": version}, request_id="a"),
            notification("notifications/initialized"),
            request("tools/list", request_id="b"),
            request("ping", request_id="c"),
        )
        replies = by_id(await pipe.end())
    assert checked_result(replies["a"], "initialize", version, request_id="a")["protocolVersion"] == version
    tools = checked_result(replies["b"], "tools/list", version, request_id="b")["tools"]
    assert ("outputSchema" in tools[0]) == (version in {"2025-11-25", "2025-06-18"})
    assert checked_result(replies["c"], "ping", version, request_id="c") == {}
    assert len(replies) == 3


async def test_a_modern_request_needs_no_handshake_and_no_headers():
    async with Client(gated(Gate())) as client:
        pipe = Pipe(client)
        pipe.send(
            modern("server/discover", request_id=1),
            modern("tools/call", {"name": "quick"}, request_id=2),
            modern("initialize", {"protocolVersion": MODERN}, request_id=3),
            request("ping", {"_meta": envelope(version="2099-01-01")}, request_id=4),
            request("ping", {"_meta": {"io.modelcontextprotocol/protocolVersion": MODERN}}, request_id=5),
        )
        replies = by_id(await pipe.end())
    checked_result(replies[1], "server/discover")
    assert texts_of(checked_result(replies[2], "tools/call", request_id=2)) == ["quick"]
    checked_error(replies[3], -32601, request_id=3)
    error = checked_error(replies[4], -32022, request_id=4)
    assert error["data"] == {"supported": [MODERN, *LEGACY], "requested": "2099-01-01"}
    checked_error(replies[5], -32602, request_id=5)


async def test_a_modern_call_may_ask():
    async with Client(gated(Gate())) as client:
        pipe = Pipe(client)
        message = modern("tools/call", {"name": "ask"})
        message["params"]["_meta"] = envelope(capabilities={"elicitation": {}})
        pipe.send(message)
        (asked,) = await pipe.until(1)
        assert [*checked_result(asked, "tools/call")["inputRequests"]] == ["who"]
        answers = {"who": {"action": "accept", "content": {"name": "Ada"}}}
        message["params"]["inputResponses"] = answers
        pipe.send(message | {"id": 2})
        replies = by_id(await pipe.end())
    assert texts_of(checked_result(replies[2], "tools/call", request_id=2)) == ["Ada"]


async def test_a_call_that_waits_holds_up_no_other():
    gate = Gate()
    async with Client(gated(gate)) as client:
        pipe = Pipe(client)
        pipe.send(call("wait", 1, name="x"), call("quick", 2), call("quick", 3))
        assert [message["id"] for message in await pipe.until(2)] == [2, 3]
        gate.open.set()
        assert [message["id"] for message in await pipe.end()] == [2, 3, 1]


@pytest.mark.parametrize("request_id", [7, "seven", 0, ""])
async def test_a_cancelled_call_is_stopped_and_not_answered(request_id: Any):
    gate = Gate()
    async with Client(gated(gate)) as client:
        pipe = Pipe(client)
        pipe.send(call("wait", request_id, name="mine"))
        await eventually(gate.started)
        pipe.send(call("wait", "other", name="other"))
        pipe.send(notification("notifications/cancelled", {"requestId": request_id, "reason": "enough"}))
        pipe.send(call("quick", 9))
        await pipe.until(1)
        gate.open.set()
        replies = by_id(await pipe.end())
    assert set(replies) == {9, "other"}
    assert gate.cancelled == ["mine"]


@pytest.mark.parametrize(
    "params",
    [None, {}, {"requestId": None}, {"requestId": 99}, {"requestId": "1"}, {"requestId": [1]}, {"requestId": 1.0}],
)
async def test_cancelling_what_does_not_run_does_nothing(params: Any):
    gate = Gate()
    async with Client(gated(gate)) as client:
        pipe = Pipe(client)
        pipe.send(call("wait", 1, name="x"))
        await eventually(gate.started)
        pipe.send(notification("notifications/cancelled", params), call("quick", 2))
        await pipe.until(1)
        gate.open.set()
        assert set(by_id(await pipe.end())) == {1, 2}
    assert gate.cancelled == []


async def test_at_the_end_of_input_running_calls_are_still_answered():
    gate = Gate()
    async with Client(gated(gate)) as client:
        pipe = Pipe(client)
        pipe.send(call("wait", 1, name="x"))
        await eventually(gate.started)
        pipe.lines.put_nowait(None)
        await asyncio.sleep(0)
        assert not pipe.serving.done()
        gate.open.set()
        await asyncio.wait_for(pipe.serving, 5)
    assert texts_of(pipe.messages[0]["result"]) == ["x"]


async def test_progress_and_messages_from_a_thread_precede_the_reply_line_by_line():
    async with Client(gated(Gate())) as client:
        pipe = Pipe(client)
        message = call("tell")
        message["params"]["_meta"] = {"progressToken": "t"}
        pipe.send(message)
        *told, last = await pipe.end()
    assert [line["params"]["progress"] for line in told[:-1]] == [*range(100)]
    assert told[-1]["params"] == {"level": "warning", "data": "ü\n"}
    assert texts_of(last["result"]) == ["told"]


MALFORMED = [
    (b"nonsense\n", -32700),
    (b"{\n", -32700),
    (b"\xff\xfe\n", -32700),
    (b"[" * 1000 + b"\n", -32700),
    (b'{"jsonrpc":"2.0","id":' + b"9" * 5000 + b',"method":"ping"}\n', -32700),
    (b"[]\n", -32600),
    (b"null\n", -32600),
    (b"7\n", -32600),
    (b"{}\n", -32600),
    (b'{"jsonrpc":"1.0","method":"ping"}\n', -32600),
    (b'{"jsonrpc":"2.0","id":null,"method":"ping"}\n', -32600),
]


@pytest.mark.parametrize(("line", "code"), MALFORMED)
async def test_a_malformed_line_is_answered_and_the_next_is_served(line: bytes, code: int):
    async with Client(gated(Gate())) as client:
        pipe = Pipe(client)
        pipe.send(line, b"\n", b"  \r\n", request("ping", request_id=2))
        refused, answered = await pipe.end()
    checked_error(refused, code, request_id=None)
    checked_result(answered, "ping", LEGACY[0], request_id=2)


async def test_a_failure_is_masked_here_too():
    plugin = new_plugin()

    @plugin.prompt()
    async def fail() -> str:
        """Fail."""
        raise RuntimeError("secret")

    async with Client(plugin) as client:
        pipe = Pipe(client)
        pipe.send(request("prompts/get", {"name": "fail"}))
        (reply,) = await pipe.end()
    checked_error(reply, -32603)
    assert "secret" not in str(reply)


async def test_stdio_ignores_responses_and_takes_batches_where_the_revision_has_them():
    async with Client(new_plugin()) as client:
        pipe = Pipe(client)
        pipe.send({"jsonrpc": "2.0", "id": 1, "result": {}})
        assert await pipe.end() == []
        pipe = Pipe(client)
        pipe.send(request("initialize", {"protocolVersion": "2025-03-26"}))
        await pipe.until(1)
        pipe.send([request("ping", request_id=2)])
        messages = await pipe.end()
        checked_result(messages[1][0], "ping", "2025-03-26", request_id=2)


async def test_nothing_follows_the_reply_on_stdio():
    plugin = new_plugin()
    kept: list[Call] = []

    @plugin.operation(effect="read", open_world=False)
    async def leak(*, call: Call) -> str:
        """Keep the call."""
        kept.append(call)
        call.progress(1)
        return "x"

    async with Client(plugin) as client:
        pipe = Pipe(client)
        message = call("leak")
        message["params"]["_meta"] = {"progressToken": 1}
        pipe.send(message)
        await pipe.until(2)
        kept[0].progress(2)
        assert len(await pipe.end()) == 2


async def test_two_calls_with_one_id_are_both_answered_at_the_end():
    plugin = new_plugin()
    gate = asyncio.Event()

    @plugin.operation(effect="read", open_world=False)
    async def wait() -> str:
        """Wait."""
        await gate.wait()
        return "x"

    @plugin.operation(effect="read", open_world=False)
    async def quick() -> str:
        """Answer."""
        return "x"

    async with Client(plugin) as client:
        pipe = Pipe(client)
        pipe.send(call("wait", 1), call("quick", 1))
        await pipe.until(1)
        pipe.lines.put_nowait(None)
        asyncio.get_running_loop().call_later(0.05, gate.set)
        await asyncio.wait_for(pipe.serving, 5)
    assert len(pipe.messages) == 2
