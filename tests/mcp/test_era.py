"""Which era a request belongs to: version header and envelope together decide, the method's name does not."""

from __future__ import annotations

from typing import Any

import pytest

from plugwright.testing import Client
from tests.mcp.replies import error_of, result_of
from tests.mcp.wire import (
    LATEST_LEGACY,
    LEGACY,
    MODERN,
    PREFIX,
    call_in,
    envelope,
    legacy,
    modern,
    modern_headers,
    new_plugin,
    notification,
    request,
    send,
    send_modern,
)

SUPPORTED = [MODERN, *LEGACY]


def with_version(version: Any, method: str = "ping") -> dict[str, Any]:
    """A message whose envelope claims a version."""
    return request(method, {"_meta": {**envelope(), f"{PREFIX}protocolVersion": version}})


@pytest.mark.parametrize("version", LEGACY)
async def test_a_known_handshake_version_without_envelope_is_served_as_that(version: str):
    async with Client(new_plugin()) as client:
        assert result_of(await legacy(client, "ping", version=version), "ping", version) == {}
        # A handshake client's _meta may hold a progress token and nothing else.
        reply = await legacy(client, "ping", {"_meta": {"progressToken": 1}}, version=version)
        assert result_of(reply, "ping", version) == {}


@pytest.mark.parametrize("version", LEGACY)
async def test_a_handshake_version_in_the_header_and_another_in_the_envelope_is_a_mismatch(version: str):
    async with Client(new_plugin()) as client:
        for claimed in {MODERN, *LEGACY, "2099-01-01"} - {version}:
            reply = await send(client, with_version(claimed), {"mcp-protocol-version": version})
            error_of(reply, -32020, status=400)
        for claimed in (None, 1, ["2026-07-28"]):
            reply = await send(client, with_version(claimed), {"mcp-protocol-version": version})
            error_of(reply, -32020, status=400)


@pytest.mark.parametrize("version", LEGACY)
async def test_a_handshake_version_in_header_and_envelope_is_not_served_as_modern(version: str):
    async with Client(new_plugin()) as client:
        reply = await send(client, with_version(version), {"mcp-protocol-version": version})
    error = error_of(reply, -32022, status=400)
    assert error["data"] == {"supported": SUPPORTED, "requested": version}


async def test_without_header_and_envelope_a_request_is_served_as_2025_03_26():
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, title="One")
    async def one() -> int:
        """Answer one."""
        return 1

    async with Client(plugin) as client:
        result = result_of(await send(client, request("tools/list")), "tools/list", "2025-03-26")
        wanted = {"name", "description", "inputSchema", "annotations", "securitySchemes", "_meta"}
        assert set(result["tools"][0]) == wanted
        # initialize names its own.
        reply = await send(client, request("initialize", {"protocolVersion": "2025-06-18"}))
        assert result_of(reply, "initialize", "2025-06-18")["protocolVersion"] == "2025-06-18"


async def test_an_envelope_without_the_version_header_is_refused():
    async with Client(new_plugin()) as client:
        error_of(await send(client, modern("server/discover")), -32020, status=400)
        error_of(await send(client, with_version("2025-11-25")), -32020, status=400)
        error_of(await send(client, modern("initialize", {"protocolVersion": "2025-11-25"})), -32020, status=400)


@pytest.mark.parametrize("version", ["2099-01-01", "2025-11-26", "", "modern", "2026-07-28, 2025-11-25"])
async def test_an_unknown_version_names_those_that_are_served(version: str):
    async with Client(new_plugin()) as client:
        without = await send(client, request("ping"), {"mcp-protocol-version": version})
        error = error_of(without, -32022, status=400)
        assert error["data"] == {"supported": SUPPORTED, "requested": version}
        message = with_version(version, "server/discover")
        claimed = await send(client, message, modern_headers(message, version))
        error = error_of(claimed, -32022, status=400)
        assert error["data"] == {"supported": SUPPORTED, "requested": version}


async def test_blanks_around_a_version_are_not_part_of_it():
    async with Client(new_plugin()) as client:
        assert (await legacy(client, "ping", version=" 2025-11-25\t")).status == 200
        reply = await send_modern(client, modern("server/discover"), {"mcp-protocol-version": f"\t{MODERN} "})
        assert result_of(reply, "server/discover")


async def test_initialize_with_a_modern_envelope_is_an_unknown_method():
    async with Client(new_plugin()) as client:
        message = modern("initialize", {"protocolVersion": MODERN, "capabilities": {}})
        error_of(await send_modern(client, message), -32601, status=404)


@pytest.mark.parametrize(
    "method", ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"]
)
async def test_handshake_methods_are_unknown_to_the_modern_era(method: str):
    plugin = new_plugin()

    @plugin.resource("fixture://one")
    async def one() -> str:
        """One."""
        return "1"

    async with Client(plugin) as client:
        error_of(await send_modern(client, modern(method, {"uri": "fixture://one"})), -32601, status=404)


@pytest.mark.parametrize(
    "method", ["server/discover", "subscriptions/listen", "tasks/get", "tasks/update", "tasks/cancel"]
)
async def test_modern_methods_are_unknown_to_the_handshake_era_with_status_200(method: str):
    async with Client(new_plugin()) as client:
        for version in LEGACY:
            error_of(await legacy(client, method, {"taskId": "x"}, version=version), -32601, status=200)


@pytest.mark.parametrize(
    "method", ["tasks/list", "tasks/result", "roots/list", "sampling/createMessage", "Tools/list", ""]
)
async def test_unknown_methods_are_refused_in_both_eras(method: str):
    async with Client(new_plugin()) as client:
        error_of(await send_modern(client, modern(method)), -32601, status=404)
        error_of(await legacy(client, method), -32601, status=200)


@pytest.mark.parametrize("level", ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"])
async def test_a_handshake_client_may_set_every_log_level(level: str):
    async with Client(new_plugin()) as client:
        assert (
            result_of(await legacy(client, "logging/setLevel", {"level": level}), "logging/setLevel", LATEST_LEGACY)
            == {}
        )


@pytest.mark.parametrize("level", ["loud", "INFO", "", None, 3, ["info"], {}])
async def test_an_unknown_log_level_is_refused(level: Any):
    async with Client(new_plugin()) as client:
        error_of(await legacy(client, "logging/setLevel", {"level": level}), -32602, status=200)


async def test_subscribing_is_acknowledged_in_the_handshake_era():
    plugin = new_plugin()

    @plugin.resource("fixture://one")
    async def one() -> str:
        """One."""
        return "1"

    async with Client(plugin) as client:
        for method in ("resources/subscribe", "resources/unsubscribe"):
            reply = await legacy(client, method, {"uri": "fixture://one"})
            assert result_of(reply, method, LATEST_LEGACY) == {}


@pytest.mark.parametrize("method", ["initialized", "cancelled", "progress", "roots/list_changed", "made_up"])
async def test_notifications_are_accepted_and_dropped_in_both_eras(method: str):
    async with Client(new_plugin()) as client:
        for version in (MODERN, *LEGACY, None):
            headers = {"mcp-protocol-version": version} if version else {}
            reply = await send(client, notification(f"notifications/{method}", {"requestId": 1}), headers)
            assert (reply.status, reply.body) == (202, b"")
            assert "content-type" not in reply.headers


async def test_a_posted_response_is_accepted_by_the_handshake_era_alone():
    async with Client(new_plugin()) as client:
        bodies: list[dict[str, Any]] = [{"result": {}}, {"error": {"code": -1, "message": "no"}}]
        for body in bodies:
            response = {"jsonrpc": "2.0", "id": 7, **body}
            for version in LEGACY:
                reply = await send(client, response, {"mcp-protocol-version": version})
                assert (reply.status, reply.body) == (202, b"")
            reply = await send(client, response, {"mcp-protocol-version": MODERN})
            error_of(reply, -32600, status=400, request_id=7)


async def test_both_eras_are_served_side_by_side():
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def one() -> int:
        """Answer one."""
        return 1

    async with Client(plugin) as client:
        for version in (MODERN, *LEGACY, MODERN):
            reply = await call_in(client, version, "tools/call", {"name": "one"})
            assert result_of(reply, "tools/call", version)["content"] == [{"type": "text", "text": "1"}]
