"""``Mcp-Method`` and ``Mcp-Name``: headers by which a proxy routes, which must say what the body says."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from plugwright import Plugin
from plugwright.testing import Client
from tests.mcp.replies import error_of, result_of
from tests.mcp.wire import (
    LEGACY,
    Exchange,
    header_list,
    legacy,
    modern,
    modern_headers,
    new_plugin,
    request,
    send,
    send_modern,
    without_name,
)


def cities() -> Plugin:
    """A plugin with a tool, a prompt and resources whose URIs may hold anything."""
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def city() -> str:
        """Name a city."""
        return "Oslo"

    @plugin.prompt(name="trip")
    async def trip() -> str:
        """Plan a trip."""
        return "Plan it"

    @plugin.resource("fixture://city/{name}")
    async def by_name(name: str) -> str:
        """A city."""
        return name

    return plugin


TARGETS = [
    ("tools/call", {"name": "city"}),
    ("prompts/get", {"name": "trip"}),
    ("resources/read", {"uri": "fixture://city/Oslo"}),
]


def encoded(text: str) -> str:
    """A header value in its base64 form."""
    return f"=?base64?{base64.b64encode(text.encode()).decode()}?="


@pytest.mark.parametrize(("method", "params"), TARGETS)
async def test_the_headers_must_be_there_and_say_what_the_body_says(method: str, params: dict[str, Any]):
    message = modern(method, params)
    (target,) = params.values()
    right = modern_headers(message)
    async with Client(cities()) as client:
        result_of(await send(client, message, right), method)
        for name in ("mcp-method", "mcp-name"):
            error_of(await send(client, message, without_name(right, name)), -32020, status=400)
            for wrong in (
                "",
                "other",
                right[name].upper(),
                right[name] + "x",
                f'"{right[name]}"',
                f"{target},{target}",
            ):
                error_of(await send(client, message, {**right, name: wrong}), -32020, status=400)


@pytest.mark.parametrize(("method", "params"), TARGETS)
async def test_blanks_around_a_value_are_not_part_of_it(method: str, params: dict[str, Any]):
    message = modern(method, params)
    padded = {name: f" \t{value}\t " for name, value in modern_headers(message).items()}
    async with Client(cities()) as client:
        result_of(await send(client, message, padded), method)


@pytest.mark.parametrize("method", ["server/discover", "tools/list", "resources/templates/list"])
async def test_methods_without_a_target_need_no_name_header(method: str):
    async with Client(cities()) as client:
        result_of(await send_modern(client, modern(method), {"mcp-name": "whatever"}), method)
        result_of(await send_modern(client, modern(method)), method)


@pytest.mark.parametrize("name", ["São Paulo", "東京", "a b", " padded ", "=?base64?eA==?=", "Oslo", "🏔️"])
async def test_a_name_may_come_in_its_base64_form(name: str):
    message = modern("resources/read", {"uri": f"fixture://city/{name}"})
    async with Client(cities()) as client:
        reply = await send_modern(client, message, {"mcp-name": encoded(f"fixture://city/{name}")})
        assert result_of(reply, "resources/read")["contents"][0]["text"] == name


URI = "fixture://city/Oslo"
FORM = base64.b64encode(URI.encode()).decode()


@pytest.mark.parametrize(
    "value",
    [
        f"=?base64?{FORM.rstrip('=')}?=",
        f"=?base64?{FORM}=?=",
        f"=?base64? {FORM}?=",
        f"=?base64?{FORM[:8]}\n{FORM[8:]}?=",
        f"=?base64?{FORM[:8]}*{FORM[8:]}?=",
        "=?base64?_-8=?=",
        "=?base64?/w==?=",
        "=?base64?w7w=w7w=?=",
        "=?base64?????=",
        "=?base64??=",
        f"=?BASE64?{FORM}?=",
        f"=?Base64?{FORM}?=",
        f"=?base64?{FORM}",
        f"{FORM}?=",
        "fixture://city/\xd8slo",
    ],
)
async def test_a_malformed_or_half_marked_base64_form_does_not_match(value: str):
    async with Client(cities()) as client:
        error_of(
            await send_modern(client, modern("resources/read", {"uri": URI}), {"mcp-name": value}), -32020, status=400
        )


async def test_base64_with_spare_bits_is_not_canonical():
    assert base64.b64decode("T3Nsbw==") == base64.b64decode("T3Nsbx==") == b"Oslo"
    message = modern("resources/read", {"uri": "Oslo"})
    async with Client(cities()) as client:
        error_of(await send_modern(client, message, {"mcp-name": "=?base64?T3Nsbw==?="}), -32602, status=200)
        error_of(await send_modern(client, message, {"mcp-name": "=?base64?T3Nsbx==?="}), -32020, status=400)


@pytest.mark.parametrize("name", ["=?base64?city", "city?=", "=?base64?=", "=?BASE64?Y2l0eQ==?="])
async def test_with_one_marker_alone_a_value_is_literal(name: str):
    async with Client(cities()) as client:
        # An unknown tool of that very name: header and body agree, so the look-up is what fails.
        reply = await send_modern(client, modern("tools/call", {"name": name}), {"mcp-name": name})
        error_of(reply, -32602, status=200)


@pytest.mark.parametrize("name", ["mcp-protocol-version", "mcp-method", "mcp-name", "mcp-param-city"])
async def test_a_routing_header_given_twice_is_refused_even_with_equal_values(name: str):
    message = modern("tools/call", {"name": "city"})
    right = {**modern_headers(message), "mcp-param-city": "Oslo"}
    async with Client(cities()) as client:
        headers = header_list(*right.items(), (name, right[name]))
        reply = await Exchange(client.app, headers, [json.dumps(message).encode()]).run()
        error_of(reply, -32020, status=400)


async def test_other_headers_may_repeat():
    message = modern("tools/call", {"name": "city"})
    headers = header_list(*modern_headers(message).items(), ("x-other", "1"), ("x-other", "2"))
    async with Client(cities()) as client:
        result_of(await Exchange(client.app, headers, [json.dumps(message).encode()]).run(), "tools/call")


@pytest.mark.parametrize("version", LEGACY)
async def test_handshake_requests_need_no_routing_headers_and_none_is_compared(version: str):
    async with Client(cities()) as client:
        for headers in ({}, {"mcp-method": "tools/list", "mcp-name": "other", "mcp-param-x": "1"}):
            reply = await legacy(client, "tools/call", {"name": "city"}, version=version, headers=headers)
            result_of(reply, "tools/call", version)


@pytest.mark.parametrize("name", [None, 1, True, [], {}, ["city"]])
async def test_a_target_that_is_no_text_matches_no_header(name: Any):
    message = modern("tools/call", {"name": name})
    async with Client(cities()) as client:
        error_of(await send_modern(client, message, {"mcp-name": str(name)}), -32020, status=400)
        error_of(await send_modern(client, message), -32020, status=400)


async def test_a_version_given_twice_does_not_choose_the_era_by_its_last_value():
    async with Client(new_plugin()) as client:
        headers = header_list(("mcp-protocol-version", "2026-07-28"), ("mcp-protocol-version", "2025-11-25"))
        reply = await Exchange(client.app, headers, [json.dumps(request("ping")).encode()]).run()
        error_of(reply, -32020, status=400)
