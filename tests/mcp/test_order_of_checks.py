"""What a POST is checked for, in which order: the first failing check answers."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

import pytest

from plugwright.settings import Settings
from plugwright.testing import Client
from tests.mcp.replies import error_of, result_of, strict_json
from tests.mcp.wire import (
    LEGACY,
    MODERN,
    PREFIX,
    Exchange,
    envelope,
    header_list,
    legacy,
    modern,
    modern_headers,
    new_plugin,
    notification,
    request,
    send,
    send_modern,
    without_name,
)

LIMIT: Final = 4 * 1024 * 1024

# What spoils a request before its body is understood, in the order of the checks.
TRANSPORT_FAULTS: Final[list[tuple[str, dict[str, str], int]]] = [
    ("host", {"host": "evil.example"}, 421),
    ("origin", {"origin": "https://evil.example"}, 403),
    ("method", {}, 405),
    ("content type", {"content_type": "text/plain"}, 415),
    ("accept", {"accept": "text/html"}, 406),
    ("size", {}, 413),
    ("json", {}, 400),
]


@pytest.mark.parametrize("first", range(len(TRANSPORT_FAULTS)), ids=[name for name, _, _ in TRANSPORT_FAULTS])
async def test_the_first_failing_transport_check_answers(first: int):
    faults = TRANSPORT_FAULTS[first:]
    names = [name for name, _, _ in faults]
    headers: dict[str, str] = {}
    for _, wrong, _ in faults:
        headers |= wrong
    body = b"[" * (LIMIT + 1 if "size" in names else 10)
    async with Client(new_plugin()) as client:
        method = "PUT" if "method" in names else "POST"
        reply = await Exchange(client.app, header_list(**headers), [body], method).run()
    assert reply.status == TRANSPORT_FAULTS[first][2]
    message = strict_json(reply.body)
    assert "id" not in message
    assert message["error"]["message"]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "HEAD"])
async def test_other_methods_than_post_are_refused_in_both_eras(method: str):
    async with Client(new_plugin()) as client:
        for version in (MODERN, *LEGACY, None):
            headers = header_list(accept="text/event-stream", mcp_protocol_version=version)
            reply = await Exchange(client.app, headers, method=method).run()
            assert reply.status == 405
            assert reply.headers["allow"] == "POST"
            assert "mcp-session-id" not in reply.headers


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ('Application/JSON;charset="UTF-8"', 200),
        (None, 415),
        ("", 415),
        ("text/plain", 415),
        ("application/jsonp", 415),
        ("application/json; charset=utf-16", 415),
        ("application/x-www-form-urlencoded", 415),
    ],
)
async def test_only_json_in_utf_8_is_read(content_type: str | None, status: int):
    async with Client(new_plugin()) as client:
        headers = header_list(content_type=content_type)
        reply = await Exchange(client.app, headers, [b'{"jsonrpc":"2.0","id":1,"method":"ping"}']).run()
    assert reply.status == status


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip", "zstd"])
async def test_an_encoded_body_is_refused(encoding: str):
    async with Client(new_plugin()) as client:
        assert (await legacy(client, "ping", headers={"content-encoding": encoding})).status == 415


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (None, 200),
        ("*/*", 200),
        ("application/json", 200),
        ("application/*;q=0.1", 200),
        ("text/event-stream, application/json", 200),
        ("text/event-stream", 406),
        ("application/json;q=0, */*", 406),
        ("text/html", 406),
    ],
)
async def test_a_client_must_take_json(accept: str | None, status: int):
    async with Client(new_plugin()) as client:
        reply = await Exchange(
            client.app, header_list(accept=accept), [b'{"jsonrpc":"2.0","id":1,"method":"ping"}']
        ).run()
    assert reply.status == status


async def test_a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_not():
    start, end = b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"', b'"}}'
    async with Client(new_plugin()) as client:
        fits = start + b"x" * (LIMIT - len(start) - len(end)) + end
        assert (await send(client, fits)).status == 200
        assert (await send(client, fits + b" ")).status == 413


async def test_a_body_in_parts_is_counted_and_not_read_past_the_limit():
    async with Client(new_plugin(), Settings(body_limit=4096)) as client:
        exchange = Exchange(client.app, header_list(), [b"x" * 1024] * 100)
        reply = await exchange.run()
    assert reply.status == 413
    assert exchange.received == 5


async def test_a_body_that_does_not_arrive_is_not_waited_for_forever():
    async with Client(new_plugin(), Settings(body_timeout=0.02)) as client:
        reply = await Exchange(client.app, header_list(), [b'{"jsonrpc"'], body_ends=False).run()
    assert reply.status == 408


async def test_a_client_that_leaves_while_sending_gets_no_answer():
    async with Client(new_plugin()) as client:
        exchange = Exchange(client.app, header_list(), [b'{"jsonrpc"'], body_ends=False)
        exchange.left.set()
        assert (await exchange.run()).status == 0


def spoiled(first: int) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """A modern tools/call whose faults begin at one of the steps 10 to 16, and its headers."""
    message = modern("tools/call", {"name": "nothing", "arguments": {}})
    headers = modern_headers(message)
    headers["mcp-param-x"] = "superfluous"
    if first <= 15:
        message["method"] = headers["mcp-method"] = "tools/unknown"
        headers.pop("mcp-name")
    if first <= 14:
        headers["mcp-protocol-version"] = "2099-01-01"
        message["params"]["_meta"] = envelope(version="2099-01-01")
    if first <= 13:
        headers["mcp-method"] = "tools/list"
    if first <= 12:
        message["params"]["_meta"].pop(f"{PREFIX}clientCapabilities")
    repeated = [("mcp-method", "tools/list")] if first <= 11 else []
    if first <= 10:
        message["jsonrpc"] = "1.0"
    return message, header_list(*headers.items(), *repeated)


@pytest.mark.parametrize(
    ("step", "code", "status"),
    [
        (10, -32600, 400),
        (11, -32020, 400),
        (12, -32602, 400),
        (13, -32020, 400),
        (14, -32022, 400),
        (15, -32601, 404),
        (16, -32602, 200),
    ],
)
async def test_the_first_failing_check_of_a_modern_message_answers(step: int, code: int, status: int):
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def something() -> int:
        """Answer something."""
        return 1

    message, headers = spoiled(step)
    async with Client(plugin) as client:
        reply = await Exchange(client.app, headers, [str(message).replace("'", '"').encode()]).run()
    error_of(reply, code, status=status)


async def test_a_request_needs_no_client_info():
    async with Client(new_plugin()) as client:
        assert result_of(await client.mcp("server/discover"), "server/discover")
        info = {f"{PREFIX}clientInfo": {"name": "x", "version": "1"}}
        assert result_of(await client.mcp("server/discover", meta=info), "server/discover")


async def test_a_session_id_and_a_last_event_id_are_ignored_and_never_sent():
    async with Client(new_plugin()) as client:
        extra = {"mcp-session-id": "made-up", "last-event-id": "7"}
        for reply in (
            await client.mcp("server/discover", headers=extra),
            await legacy(client, "ping", headers=extra),
            await legacy(client, "initialize", {"protocolVersion": "2025-11-25"}),
        ):
            assert reply.status == 200
            assert "mcp-session-id" not in reply.headers


async def test_a_method_whose_capability_is_not_declared_is_unknown():
    plugin = new_plugin()

    @plugin.prompt()
    async def greeting() -> str:
        """Greet."""
        return "Hello"

    methods = ["tools/list", "tools/call", "resources/list", "resources/templates/list", "resources/read"]
    async with Client(plugin) as client:
        for method in [*methods, "completion/complete"]:
            message = modern(method, {"name": "x", "uri": "x://y"})
            error_of(await send_modern(client, message), -32601, status=404)
            error_of(await legacy(client, method, {"name": "x", "uri": "x://y"}), -32601, status=200)


async def test_what_was_served_before_leaves_no_trace():
    async with Client(new_plugin()) as client:
        before = (await legacy(client, "initialize", {"protocolVersion": "2024-11-05"})).body
        await legacy(client, "logging/setLevel", {"level": "error"})
        await send(client, notification("notifications/initialized"))
        assert (await legacy(client, "initialize", {"protocolVersion": "2024-11-05"})).body == before
        message = modern("server/discover")
        assert (await send(client, message, without_name(modern_headers(message), "mcp-method"))).status == 400


async def test_a_declared_length_over_the_limit_is_refused_before_the_body_comes():
    async with Client(new_plugin()) as client:
        exchange = Exchange(client.app, header_list(content_length=str(4 * 1024 * 1024 + 1)), [b"{"], body_ends=False)
        reply = await asyncio.wait_for(exchange.run(), 1)
    assert (reply.status, exchange.received) == (413, 0)


async def test_accept_may_come_in_several_lines():
    async with Client(new_plugin()) as client:
        headers = header_list(("accept", "application/json"), ("accept", "text/event-stream"), accept=None)
        assert (await Exchange(client.app, headers, [json.dumps(request("ping")).encode()]).run()).status == 200
