"""What holds on every path: which hosts are answered, what proxies are believed, and what browsers are told."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from plugwright import OAuth, Plugin
from plugwright.settings import Settings
from plugwright.testing import Client, Reply
from plugwright.web.asgi import Headers
from tests.web.plugins import new_plugin
from tests.web.requests import send_raw

PATHS = [
    "/",
    "/logo.png",
    "/openapi.json",
    "/openapi.yaml",
    "/.well-known/ai-plugin.json",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
    "/oauth/authorize",
    "/oauth/token",
    "/oauth/nothing",
    "/nothing",
    "/mcp",
    "/look",
    "/look/closely",
]
PROBES = ["/livez", "/readyz", "/healthz"]
DEMO = OAuth(scopes={"read": "Read"})


def settings(folder: Path, **given: Any) -> Settings:
    usual: dict[str, Any] = {
        "public_url": "https://plugin.example",
        "database_url": SecretStr(f"sqlite:///{folder}/store.db"),
        "secret": SecretStr("3f9a1c07be52d846a0e7915bc3d2f864"),
        "legacy_manifest": True,
        "verification_tokens": {"openai": "6a1f5b"},
    }
    return Settings(**(usual | given))


def signed() -> Plugin:
    plugin = new_plugin(auth=DEMO)

    @plugin.operation(effect="read", open_world=False, public=True)
    async def look() -> str:
        """Look."""
        return "here"

    @plugin.operation(effect="read", open_world=False, public=True, path="/look/{how}")
    async def look_so(how: str) -> str:
        """Look in some way."""
        return how

    _ = (look, look_so)
    return plugin


@pytest.mark.parametrize(
    "hosts",
    [[], [b"evil.example"], [b"evil.example", b"plugin.example"], [b"plugin.example", b"plugin.example"]],
    ids=["none", "another", "two", "twice"],
)
async def test_no_path_is_served_under_another_host(tmp_path: Path, hosts: list[bytes]) -> None:
    headers: Headers = [(b"host", host) for host in hosts]
    async with Client(signed(), settings(tmp_path)) as client:
        for path in PATHS:
            reply = await send_raw(client.app, "GET", path, headers=headers, host=None)
            assert (path, reply.status) == (path, 421)
            assert b"host_refused" in reply.body


async def test_who_watches_a_process_comes_by_its_address(tmp_path: Path) -> None:
    async with Client(signed(), settings(tmp_path)) as client:
        for path in PROBES:
            assert (await client.get(path, headers={"host": "10.0.0.7:8000"})).status == 200


FORWARDED = {
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "gopher",
    "x-forwarded-port": "1",
    "x-forwarded-prefix": "/evil",
    "x-original-url": "/evil",
    "forwarded": "host=evil.example;proto=gopher",
}


@pytest.mark.parametrize("hops", [0, 1])
async def test_nothing_that_a_proxy_may_say_changes_an_answer(tmp_path: Path, hops: int) -> None:
    async with Client(signed(), settings(tmp_path, trusted_proxy_hops=hops)) as client:
        for path in PATHS:
            told = await client.get(path, headers=FORWARDED)
            usual = await client.get(path)
            assert (path, told.status) == (path, usual.status)
            said = told.body + str(told.headers).encode()
            assert b"evil" not in said
            assert b"gopher" not in said


async def every_reply(client: Client) -> list[Reply]:
    return [await client.get(path) for path in (*PATHS[:-3], *PROBES)]


async def test_browsers_are_told_to_take_every_document_for_what_it_is(tmp_path: Path) -> None:
    async with Client(signed(), settings(tmp_path)) as client:
        for reply in await every_reply(client):
            assert reply.headers["x-content-type-options"] == "nosniff"
            assert "strict-transport-security" not in reply.headers


async def test_in_production_browsers_are_told_to_use_https(tmp_path: Path) -> None:
    production = settings(tmp_path, environment="production", hsts_max_age=600)
    async with Client(signed(), production) as client:
        for reply in await every_reply(client):
            assert reply.headers["strict-transport-security"] == "max-age=600"


@pytest.mark.parametrize(
    "given",
    [
        {"hsts_max_age": 0},
        {"environment": "development"},
        {"public_url": "https://127.0.0.1:8000"},
    ],
    ids=["never", "a laptop", "loopback"],
)
def test_nobody_is_bound_to_https_where_more_than_this_plugin_would_be(tmp_path: Path, given: dict[str, Any]) -> None:
    assert settings(tmp_path, **({"environment": "production"} | given)).hsts_seconds == 0


PAGES = ["/", "/oauth/authorize", "/oauth/nothing"]


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_has_the_headers_of_a_page(tmp_path: Path, path: str) -> None:
    async with Client(signed(), settings(tmp_path)) as client:
        reply = await client.get(path, headers={"accept": "text/html"})
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert reply.headers["x-frame-options"] == "DENY"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in reply.headers["permissions-policy"]
    # A client's pop-up may have opened the pages of sign-in, and waits for them.
    opener = "same-origin" if path == "/" else "unsafe-none"
    assert reply.headers["cross-origin-opener-policy"] == opener
