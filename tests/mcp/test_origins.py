"""Which hosts this server answers to, and which pages may call it, in both eras."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import SecretStr

from plugwright.settings import Settings
from plugwright.testing import Client
from tests.mcp.replies import strict_json
from tests.mcp.wire import Exchange, header_list, legacy, modern, modern_headers, new_plugin, request

LOOPBACK = Settings(public_url="http://127.0.0.1:8000", cors_origins=("https://chatgpt.com",))
PUBLIC = Settings(
    environment="production",
    public_url="https://h.example",
    allowed_hosts=("inner.example:8080",),
    cors_origins=("https://chatgpt.com", "http://dev.example:3000"),
    secret=SecretStr("3f9a1c07be52d846a0e7915bc3d2f864"),
)


async def statuses(settings: Settings, **headers: str | None) -> set[int]:
    """What both eras answer to a request with these headers."""
    found: set[int] = set()
    message = modern("server/discover")
    async with Client(new_plugin(), settings) as client:
        for body, extra in ((message, modern_headers(message)), (request("ping"), {})):
            exchange = Exchange(client.app, header_list(*extra.items(), **headers), [json.dumps(body).encode()])
            found.add((await exchange.run()).status)
    return found


@pytest.mark.parametrize(
    ("settings", "host", "status"),
    [
        (LOOPBACK, "127.0.0.1:8000", 200),
        (LOOPBACK, "127.0.0.1", 200),
        (LOOPBACK, "localhost", 200),
        (LOOPBACK, "LocalHost:1234", 200),
        (LOOPBACK, "[::1]", 200),
        (LOOPBACK, "[::1]:8000", 200),
        (LOOPBACK, None, 421),
        (LOOPBACK, "", 421),
        (LOOPBACK, "evil.example", 421),
        (LOOPBACK, "localhost.evil.example", 421),
        (LOOPBACK, "127.0.0.1.evil.example", 421),
        (LOOPBACK, "127.0.0.1:8000.evil.example", 421),
        (LOOPBACK, "127.0.0.1:x", 421),
        (LOOPBACK, "evil.example#127.0.0.1", 421),
        (LOOPBACK, "user@127.0.0.1", 421),
        (LOOPBACK, "127.0.0.2", 421),
        (LOOPBACK, "::1", 421),
        (LOOPBACK, "localhöst", 421),
        (PUBLIC, "h.example", 200),
        (PUBLIC, "H.Example", 200),
        (PUBLIC, "inner.example:8080", 200),
        (PUBLIC, "inner.example", 421),
        (PUBLIC, "h.example:8000", 421),
        (PUBLIC, "h.example.evil.example", 421),
        (PUBLIC, "xh.example", 421),
        (PUBLIC, "localhost", 421),
        (PUBLIC, "127.0.0.1:8000", 421),
        (PUBLIC, "[::1]", 421),
    ],
)
async def test_only_its_own_hosts_are_answered(settings: Settings, host: str | None, status: int):
    assert await statuses(settings, host=host) == {status}


@pytest.mark.parametrize(
    ("settings", "origin", "status"),
    [
        (LOOPBACK, None, 200),
        (LOOPBACK, "http://127.0.0.1:8000", 200),
        (LOOPBACK, "http://localhost:5173", 200),
        (LOOPBACK, "https://localhost", 200),
        (LOOPBACK, "http://[::1]:6274", 200),
        (LOOPBACK, "https://chatgpt.com", 200),
        (LOOPBACK, "https://chatgpt.com:443", 200),
        (LOOPBACK, "http://chatgpt.com", 403),
        (LOOPBACK, "https://chatgpt.com:8443", 403),
        (LOOPBACK, "https://chatgpt.com.evil.example", 403),
        (LOOPBACK, "https://evil-chatgpt.com", 403),
        (LOOPBACK, "https://www.chatgpt.com", 403),
        (LOOPBACK, "https://chatgpt.com@evil.example", 403),
        (LOOPBACK, "https://evil.example#https://chatgpt.com", 403),
        (LOOPBACK, "https://evil.example/https://chatgpt.com", 403),
        (LOOPBACK, "http://localhost.evil.example", 403),
        (LOOPBACK, "http://127.0.0.1.evil.example", 403),
        (LOOPBACK, "http://localhost@evil.example", 403),
        (LOOPBACK, "null", 403),
        (LOOPBACK, "", 403),
        (LOOPBACK, "*", 403),
        (LOOPBACK, "file://", 403),
        (LOOPBACK, "chrome-extension://abc", 403),
        (LOOPBACK, "localhost", 403),
        (LOOPBACK, "http://", 403),
        (LOOPBACK, "http://localhost:x", 403),
        (LOOPBACK, "http://localhöst", 403),
        (PUBLIC, "https://h.example", 200),
        (PUBLIC, "http://dev.example:3000", 200),
        (PUBLIC, "http://h.example", 403),
        (PUBLIC, "http://dev.example", 403),
        (PUBLIC, "http://localhost", 403),
        (PUBLIC, "http://127.0.0.1:8000", 403),
        (PUBLIC, "null", 403),
    ],
)
async def test_only_pages_of_allowed_origins_may_call(settings: Settings, origin: str | None, status: int):
    host = "h.example" if settings is PUBLIC else "127.0.0.1:8000"
    assert await statuses(settings, host=host, origin=origin) == {status}


async def test_forwarded_headers_change_nothing():
    forwarded = {"x_forwarded_host": "127.0.0.1", "forwarded": "host=127.0.0.1", "x_original_host": "localhost"}
    assert await statuses(LOOPBACK, host="evil.example", **forwarded) == {421}
    assert await statuses(LOOPBACK, x_forwarded_host="evil.example", x_forwarded_proto="https") == {200}


async def preflight(origin: str | None, asked: str | None = None) -> Any:
    """The reply to a preflight."""
    headers = header_list(
        origin=origin,
        content_type=None,
        access_control_request_method="POST",
        access_control_request_headers=asked,
    )
    async with Client(new_plugin(), LOOPBACK) as client:
        return await Exchange(client.app, headers, method="OPTIONS").run()


async def test_a_preflight_of_an_allowed_page_may_send_the_headers_of_the_protocol():
    asked = "authorization,content-type,mcp-method,mcp-name,mcp-param-region,mcp-protocol-version"
    reply = await preflight("https://chatgpt.com", asked)
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["access-control-allow-origin"] == "https://chatgpt.com"
    assert "POST" in reply.headers["access-control-allow-methods"]
    assert set(asked.split(",")) <= {
        name.strip().lower() for name in reply.headers["access-control-allow-headers"].split(",")
    }
    assert "access-control-allow-credentials" not in reply.headers


async def test_a_preflight_of_another_page_is_refused():
    for origin in ("https://evil.example", "null"):
        reply = await preflight(origin, "content-type")
        assert reply.status == 403
        assert not [name for name in reply.headers if name.startswith("access-control-")]


async def test_a_preflight_cannot_smuggle_a_header():
    reply = await preflight("https://chatgpt.com", "x-a: b;\tcookie=1")
    assert "cookie" not in reply.headers["access-control-allow-headers"]


async def test_options_without_an_origin_says_what_is_served():
    reply = await preflight(None)
    assert reply.status == 204
    assert "POST" in reply.headers["allow"]
    assert not [name for name in reply.headers if name.startswith("access-control-")]


async def test_an_allowed_page_may_read_results_errors_and_challenges_alike():
    async with Client(new_plugin(), LOOPBACK) as client:
        for body, headers in (
            (b'{"jsonrpc":"2.0","id":1,"method":"ping"}', header_list(origin="https://chatgpt.com")),
            (b"nonsense", header_list(origin="https://chatgpt.com")),
            (b"", header_list(origin="https://chatgpt.com", content_type="text/plain")),
            (b'{"jsonrpc":"2.0","method":"notifications/x"}', header_list(origin="https://chatgpt.com")),
        ):
            reply = await Exchange(client.app, headers, [body]).run()
            assert reply.headers["access-control-allow-origin"] == "https://chatgpt.com"
            assert "WWW-Authenticate" in reply.headers["access-control-expose-headers"]
            assert "Origin" in reply.headers["vary"]


async def test_a_refused_page_is_told_nothing_but_that():
    async with Client(new_plugin(), LOOPBACK) as client:
        for headers in (header_list(origin="https://evil.example"), header_list(host="evil.example")):
            reply = await Exchange(client.app, headers, [b'{"jsonrpc":"2.0","id":1,"method":"ping"}']).run()
            assert set(strict_json(reply.body)) == {"jsonrpc", "error"}
            assert not [name for name in reply.headers if name.startswith("access-control-")]
            assert "evil" not in reply.text


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://h.example", "h.example:443"),
        ("https://h.example:443", "h.example"),
        ("http://h.example", "h.example:80"),
    ],
)
async def test_the_default_port_may_be_said_or_not(url: str, host: str):
    async with Client(new_plugin(), Settings(public_url=url)) as client:
        assert (await legacy(client, "ping", headers={"host": host})).status == 200
