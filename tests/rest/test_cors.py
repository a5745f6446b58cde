"""Calls from browser pages: which origins may read, and what a preflight is told."""

import pytest

from plugwright import NotFound, Plugin
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.web.plugins import new_plugin
from tests.web.requests import send_raw

PUBLIC = Settings(public_url="https://plugin.example")
ASKING = {"access-control-request-method": "GET", "access-control-request-headers": "content-type, x-custom"}
DOCUMENTS = ["/openapi.json", "/openapi.yaml", "/.well-known/ai-plugin.json", "/logo.png", "/livez", "/"]


def reading() -> Plugin:
    """A plugin with one operation."""
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/read")
    async def read(fail: bool = False) -> str:
        """Read it."""
        if fail:
            raise NotFound("Nothing here")
        return "text"

    return plugin


@pytest.mark.parametrize("origin", ["https://chatgpt.com", "https://chat.openai.com"])
@pytest.mark.parametrize("path", ["/read", *DOCUMENTS])
async def test_pages_of_chatgpt_may_read_everything(origin: str, path: str) -> None:
    async with Client(reading(), PUBLIC) as client:
        reply = await client.get(path, headers={"origin": origin})

    assert reply.status == 200
    assert reply.headers["access-control-allow-origin"] == origin
    assert "Origin" in reply.headers["vary"]
    assert "X-Request-Id" in reply.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in reply.headers


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example", "http://chatgpt.com", "https://chatgpt.com.evil.example", "https://chatgpt.com:8443",
        "https://xchatgpt.com", "null", "", "*", "https://", "chatgpt.com", "https://user@chatgpt.com", "http://localhost",
        "http://127.0.0.1:8000", "https://[::1", "https://chatgpt.com:99999999", "\xff",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/read", "/openapi.json"])
async def test_other_pages_may_read_nothing(origin: str, path: str) -> None:
    async with Client(reading(), PUBLIC) as client:
        reply = await client.get(path, headers={"origin": origin})
        preflight = await client.request("OPTIONS", path, headers=ASKING | {"origin": origin})

    assert not [name for name in reply.headers if name.startswith("access-control-allow-origin")]
    assert preflight.status == 204
    assert not [name for name in preflight.headers if name.startswith("access-control-allow-")]


@pytest.mark.parametrize("target", ["/read?fail=true", "/read?x=1"])
async def test_pages_may_read_errors_too(target: str) -> None:
    async with Client(reading(), PUBLIC) as client:
        reply = await client.get(target, headers={"origin": "https://chatgpt.com"})
        refused = await client.request("PUT", target, headers={"origin": "https://chatgpt.com"})

    assert reply.status in {400, 404}
    assert reply.headers["access-control-allow-origin"] == "https://chatgpt.com"
    assert refused.status == 405
    assert refused.headers["access-control-allow-origin"] == "https://chatgpt.com"


@pytest.mark.parametrize("path", ["/read", *DOCUMENTS])
async def test_a_preflight_is_told_methods_and_the_headers_it_asked_for(path: str) -> None:
    async with Client(reading(), PUBLIC) as client:
        reply = await client.request("OPTIONS", path, headers=ASKING | {"origin": "https://chatgpt.com"})

    assert reply.status == 204
    assert reply.body == b""
    assert reply.headers["access-control-allow-origin"] == "https://chatgpt.com"
    assert reply.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert reply.headers["access-control-allow-headers"] == "content-type, x-custom"
    assert int(reply.headers["access-control-max-age"]) > 0
    assert "access-control-allow-private-network" not in reply.headers


@pytest.mark.parametrize("path", ["/read", "/openapi.json"])
async def test_a_preflight_from_a_public_page_to_a_private_address_is_allowed_when_it_asks(path: str) -> None:
    asked = ASKING | {"origin": "https://chatgpt.com", "access-control-request-private-network": "true"}
    async with Client(reading(), PUBLIC) as client:
        allowed = await client.request("OPTIONS", path, headers=asked)
        refused = await client.request("OPTIONS", path, headers=asked | {"origin": "https://evil.example"})

    assert allowed.headers["access-control-allow-private-network"] == "true"
    assert "access-control-allow-private-network" not in refused.headers


async def test_the_manifest_may_be_read_from_a_public_page_on_a_private_address() -> None:
    async with Client(reading()) as client:
        reply = await client.get("/.well-known/ai-plugin.json", headers={"origin": "https://chat.openai.com"})

    assert reply.headers["access-control-allow-private-network"] == "true"


@pytest.mark.parametrize("names", [b"", b"x\r\nset-cookie: a=b", b"*", b"x:y", b"\xff"])
async def test_a_preflight_that_asks_for_no_list_of_names_gets_the_usual_headers(names: bytes) -> None:
    async with Client(reading(), PUBLIC) as client:
        reply = await send_raw(
            client.app,
            "OPTIONS",
            "/read",
            headers=[
                (b"origin", b"https://chatgpt.com"),
                (b"access-control-request-method", b"GET"),
                (b"access-control-request-headers", names),
            ],
        )

    assert reply.header(b"access-control-allow-headers") == [b"Authorization, Content-Type"]


async def test_the_operator_chooses_the_origins() -> None:
    settings = Settings(
        public_url="https://plugin.example", cors_origins=("https://App.example:443", "http://dev.example:3000")
    )
    async with Client(reading(), settings) as client:
        for origin, allowed in (
            ("https://app.example", True),
            ("http://dev.example:3000", True),
            ("http://dev.example", False),
            ("https://chatgpt.com", False),
        ):
            reply = await client.get("/read", headers={"origin": origin})
            assert (reply.headers.get("access-control-allow-origin") == origin) is allowed


@pytest.mark.parametrize("origin", ["http://localhost:5173", "http://127.0.0.1", "https://[::1]:8443"])
async def test_on_a_loopback_address_every_loopback_page_may_read(origin: str) -> None:
    async with Client(reading(), Settings(public_url="http://127.0.0.1:8000")) as client:
        reply = await client.get("/read", headers={"origin": origin})

    assert reply.headers["access-control-allow-origin"] == origin


async def test_a_request_without_an_origin_gets_no_cors_headers() -> None:
    async with Client(reading(), PUBLIC) as client:
        reply = await client.get("/read")

    assert not [name for name in reply.headers if name.startswith("access-control-")]
