"""Compressed replies of MCP: JSON, never event streams."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plugwright import Call, Plugin
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.web.decoding import DECODERS, decoded
from tests.web.plugins import new_plugin

ALL = {"accept-encoding": "gzip, br, zstd"}


def telling() -> Plugin:
    """A plugin that tells a text as long as asked for, and on the way how it goes if asked."""
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def tell(size: int, *, call: Call) -> str:
        """Tell it."""
        call.progress(1, 2)
        return "tell " * (size // 5)

    return plugin


def telling_of(size: int) -> dict[str, Any]:
    """The parameters of such a call."""
    return {"name": "tell", "arguments": {"size": size}}


@pytest.mark.parametrize("size", [1500, 200_000])
@pytest.mark.parametrize("coding", DECODERS)
async def test_a_long_reply_is_compressed_for_who_takes_that(size: int, coding: str) -> None:
    async with Client(telling()) as client:
        plain = await client.mcp("tools/call", telling_of(size))
        reply = await client.mcp("tools/call", telling_of(size), headers={"accept-encoding": coding})

    assert plain.headers["vary"] == reply.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in plain.headers
    assert reply.headers["content-encoding"] == coding
    assert reply.headers["content-type"] == "application/json"
    assert decoded(reply) == plain.body
    assert len(reply.body) < len(plain.body) / 2


async def test_a_short_reply_is_sent_as_it_is() -> None:
    async with Client(telling()) as client:
        reply = await client.mcp("tools/call", telling_of(5), headers=ALL)

    assert reply.status == 200
    assert "content-encoding" not in reply.headers
    assert "vary" not in reply.headers


async def test_an_event_stream_is_never_compressed_and_a_reply_that_became_none_is() -> None:
    plugin = telling()

    @plugin.operation(effect="read", open_world=False)
    async def quiet() -> str:
        """Say nothing on the way."""
        return "quiet " * 1000

    token = {"progressToken": "p"}
    async with Client(plugin) as client:
        stream = await client.mcp("tools/call", telling_of(5000), meta=token, headers=ALL)
        reply = await client.mcp("tools/call", {"name": "quiet"}, meta=token, headers=ALL)

    assert stream.headers["content-type"] == "text/event-stream"
    assert "content-encoding" not in stream.headers
    assert stream.events()[-1]["result"]["content"]
    assert reply.headers["content-encoding"] == "zstd"
    assert json.loads(decoded(reply))["result"]["content"][0]["text"].startswith("quiet")


async def test_nothing_is_compressed_where_the_operator_does_not_want_it() -> None:
    settings = Settings(public_url="http://127.0.0.1:8000", compression=False)
    async with Client(telling(), settings) as client:
        reply = await client.mcp("tools/call", telling_of(5000), headers=ALL)

    assert "content-encoding" not in reply.headers
    assert "vary" not in reply.headers
