"""JSON-RPC itself: ids of every kind, and bodies that are no message."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plugwright.testing import Client
from tests.mcp.replies import error_of, result_of
from tests.mcp.wire import LATEST_LEGACY, MODERN, legacy, modern, modern_headers, new_plugin, request, send, send_modern

GOOD_IDS = [0, 1, -1, 2**53, -(2**63), 2**64, 10**30, "", "1", "a", "ü 東京 🏔️", '\u0000\n"\\\u2028', "x" * 10_000]
BAD_IDS = [None, True, False, 1.0, 1.5, -0.0, 1e30, [], [1], {}, {"id": 1}]


@pytest.mark.parametrize("request_id", GOOD_IDS, ids=[repr(value)[:20] for value in GOOD_IDS])
async def test_an_id_comes_back_as_it_was_with_its_type(request_id: Any):
    async with Client(new_plugin()) as client:
        reply = await send_modern(client, modern("server/discover", request_id=request_id))
        result_of(reply, "server/discover", request_id=request_id)
        reply = await send(client, request("ping", request_id=request_id))
        result_of(reply, "ping", "2025-03-26", request_id=request_id)
        error_of(
            await send_modern(client, modern("nothing", request_id=request_id)),
            -32601,
            status=404,
            request_id=request_id,
        )
        error_of(
            await send(client, request("nothing", request_id=request_id)), -32601, status=200, request_id=request_id
        )
        # A message that is refused for its envelope repeats it too.
        error_of(await send(client, modern("ping", request_id=request_id)), -32020, status=400, request_id=request_id)


@pytest.mark.parametrize("request_id", BAD_IDS, ids=repr)
async def test_an_id_of_another_type_is_refused_and_not_repeated(request_id: Any):
    async with Client(new_plugin()) as client:
        reply = await send_modern(client, modern("server/discover", request_id=request_id))
        error_of(reply, -32600, status=400, request_id=None)
        reply = await legacy(client, "ping")
        reply = await send(client, request("ping", request_id=request_id), {"mcp-protocol-version": LATEST_LEGACY})
        error_of(reply, -32600, status=400, request_id=None)


NO_JSON = [
    b"",
    b" ",
    b"{",
    b"nonsense",
    b'{"jsonrpc":"2.0","id":1,"method":"ping"',
    b'{"jsonrpc":"2.0","id":1,"method":"ping"} {}',
    b'{"jsonrpc":"2.0","id":1,"method":"ping",}',
    b"{'jsonrpc':'2.0','id':1,'method':'ping'}",
    b'{"jsonrpc":"2.0","id":01,"method":"ping"}',
    b'{"jsonrpc":"2.0","id":NaN,"method":"ping"}',
    b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":NaN}}',
    b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":Infinity}}',
    b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":-Infinity}}',
    b'{"jsonrpc":"2.0","id":' + b"9" * 5000 + b',"method":"ping"}',
    b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":-' + b"9" * 100_000 + b"}}",
    b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":' + b"[" * 1000 + b"]" * 1000 + b"}}",
    b'{"a":' * 100_000,
    b"[" * 1_000_000,
    b'{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}',
    b'{"jsonrpc":"2.0","id":"\xff","method":"ping"}',
    b'{"jsonrpc":"2.0","id":"\xc0\xaf","method":"ping"}',
    b'{"jsonrpc":"2.0","id":"\xed\xa0\x80","method":"ping"}',
    b'{"jsonrpc":"2.0","id":"\xf4\x90\x80\x80","method":"ping"}',
    b'{"jsonrpc":"2.0","id":"a\x00","method":"ping"}',
    b"\xef\xbb\xbf" + b'{"jsonrpc":"2.0","id":1,"method":"ping"}',
    '{"jsonrpc":"2.0","id":1,"method":"ping"}'.encode("utf-16"),
    '{"jsonrpc":"2.0","id":"ü","method":"ping"}'.encode("latin-1"),
    b"\x80\x04\x95",
]


@pytest.mark.parametrize("body", NO_JSON, ids=[repr(body[:40]) for body in NO_JSON])
async def test_what_is_no_json_is_a_parse_error(body: bytes):
    async with Client(new_plugin()) as client:
        for headers in ({}, {"mcp-protocol-version": MODERN}, {"mcp-protocol-version": LATEST_LEGACY}):
            error = error_of(await send(client, body, headers), -32700, status=400, request_id=None)
            assert len(error["message"]) < 200


NO_MESSAGE: list[Any] = [
    None,
    True,
    0,
    "ping",
    {},
    {"id": 1},
    {"method": "ping"},
    {"id": 1, "method": "ping"},
    {"jsonrpc": "1.0", "id": 1, "method": "ping"},
    {"jsonrpc": 2.0, "id": 1, "method": "ping"},
    {"jsonrpc": "2.0", "id": 1},
    {"jsonrpc": "2.0", "id": 1, "method": None},
    {"jsonrpc": "2.0", "id": 1, "method": 7},
    {"jsonrpc": "2.0", "id": 1, "method": ["ping"]},
    {"jsonrpc": "2.0", "method": {}},
]


@pytest.mark.parametrize("message", NO_MESSAGE, ids=repr)
async def test_what_is_no_message_is_an_invalid_request(message: Any):
    request_id = message.get("id") if isinstance(message, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] JSON
    async with Client(new_plugin()) as client:
        for version in (MODERN, LATEST_LEGACY):
            reply = await send(client, json.dumps(message).encode(), {"mcp-protocol-version": version})
            error_of(reply, -32600, status=400, request_id=request_id)


@pytest.mark.parametrize("params", [None, [], [1], "x", 0, False])
async def test_params_that_are_no_object_are_refused(params: Any):
    message = {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": params}
    async with Client(new_plugin()) as client:
        error_of(await send(client, message, {"mcp-protocol-version": LATEST_LEGACY}), -32602, status=200)
        message["method"] = "server/discover"
        error_of(await send_modern(client, message), -32602, status=400)


@pytest.mark.parametrize(
    "meta",
    [
        None,
        [],
        "x",
        {},
        {"io.modelcontextprotocol/protocolVersion": MODERN},
        {"io.modelcontextprotocol/clientCapabilities": {}},
        {"io.modelcontextprotocol/protocolVersion": 1, "io.modelcontextprotocol/clientCapabilities": {}},
        {"io.modelcontextprotocol/protocolVersion": None, "io.modelcontextprotocol/clientCapabilities": {}},
        {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": None},
        {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": []},
        {"protocolVersion": MODERN, "clientCapabilities": {}},
    ],
    ids=repr,
)
async def test_an_envelope_without_version_or_capabilities_is_refused(meta: Any):
    message = request("server/discover", {"_meta": meta})
    async with Client(new_plugin()) as client:
        error_of(await send(client, message, modern_headers(message)), -32602, status=400)
        bare = request("server/discover")
        error_of(await send(client, bare, modern_headers(bare)), -32602, status=400)


async def test_deep_but_bearable_nesting_is_served():
    body = b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":' + b"[" * 100 + b"]" * 100 + b"}}"
    async with Client(new_plugin()) as client:
        result_of(await send(client, body), "ping", "2025-03-26")


async def test_members_that_nobody_knows_are_ignored():
    async with Client(new_plugin()) as client:
        message = modern("server/discover", {"later": {"x": 1}}) | {"extension": [1]}
        result_of(await send_modern(client, message), "server/discover")


async def test_a_progress_token_may_be_a_text_or_an_integer():
    async with Client(new_plugin()) as client:
        for token in ("", "a", 0, 10**30):
            result_of(await client.mcp("server/discover", meta={"progressToken": token}), "server/discover")
        wrong: list[Any] = [1.5, True, [], {}]
        for token in wrong:
            reply = await legacy(client, "ping", {"_meta": {"progressToken": token}})
            error_of(reply, -32602, status=200)


@pytest.mark.parametrize(
    "meta", [{"io.modelcontextprotocol/logLevel": "loud"}, {"progressToken": 1.5}, {"progressToken": []}]
)
async def test_a_malformed_envelope_is_400(meta: Any):
    async with Client(new_plugin()) as client:
        error_of(await client.mcp("server/discover", meta=meta), -32602, status=400)
