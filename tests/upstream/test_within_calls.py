"""``call.upstream(...)`` in a handler: its deadline, what it tells the service, and what it never tells. Attack T7."""

import asyncio
import json
import subprocess
import sys
import time
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from plugwright import Call, Plugin, PublicWeb, ServiceKey, Upstream, UpstreamError
from plugwright.settings import Settings
from plugwright.testing import Client
from plugwright.upstream.exchange import usable_seconds
from tests.upstream.services import answers, echo, service
from tests.web.plugins import doing, new_plugin

KEY = "canary-of-the-caller-0123456789abcdef"


def asking(upstream: Upstream, **options: Any) -> Plugin:
    async def ask(call: Call) -> dict[str, Any]:
        return await call.upstream(upstream).get_json("/", returns=dict[str, Any])

    return doing(ask, **options)


async def test_an_upstream_learns_the_request_id() -> None:
    async with service(echo) as served, Client(asking(Upstream(served.url))) as client:
        first, second = [(await client.get("/do")).json()["headers"]["x-request-id"] for _ in range(2)]

    assert len(first) > 16
    assert first != second


async def test_t7_nothing_that_the_caller_sent_goes_on_to_an_upstream() -> None:
    plugin = new_plugin(auth=ServiceKey())
    settings = Settings(public_url="http://127.0.0.1:8000", service_keys=(SecretStr(KEY),))
    sent = {
        "authorization": f"Bearer {KEY}",
        "cookie": "a=canary",
        **dict.fromkeys(
            ("x-forwarded-for", "forwarded", "x-api-key", "traceparent", "user-agent", "referer"), "canary"
        ),
    }
    async with service(echo) as served, Upstream(served.url) as upstream:

        @plugin.operation(effect="read", open_world=True)
        async def ask(q: str, *, call: Call) -> dict[str, Any]:
            """Ask."""
            return await call.upstream(upstream).get_json("/", returns=dict[str, Any])

        async with Client(plugin, settings) as client:
            rest = await client.get("/ask?q=x", headers=sent)
            mcp = await client.mcp("tools/call", {"name": "ask", "arguments": {"q": "x"}}, headers=sent)

        assert (rest.status, mcp.status, len(served.requests)) == (200, 200, 2)
        for request in served.requests:
            seen = json.dumps([list(request.headers.items()), request.raw_path])
            assert "canary" not in seen
            assert {name.lower() for name in request.headers} == {
                *("host", "user-agent", "accept", "accept-encoding", "x-request-id"),
            }


@pytest.mark.parametrize(("remaining", "usable"), [(10.0, 9.95), (0.5, 0.45), (0.1, 0.09), (0.0, 0.0)])
def test_a_moment_of_the_call_stays_for_its_handler(remaining: float, usable: float) -> None:
    assert usable_seconds(remaining) == pytest.approx(usable)


async def test_a_handler_can_answer_without_a_service_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    # More time for the handler than it usually has, so that a busy machine does not use it up
    monkeypatch.setattr("plugwright.upstream.exchange._SPARE_SECONDS", 1.5)
    monkeypatch.setattr("plugwright.upstream.exchange._SPARE_SHARE", 0.75)
    release = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await release.wait()
        return web.Response()

    async with service(hang) as served, Upstream(served.url) as upstream:

        async def ask(call: Call) -> str:
            try:
                await call.upstream(upstream).request("GET", "/")
            except UpstreamError as error:
                return f"without it, because of {error.code}"
            return "with it"

        async with Client(doing(ask, timeout="2s")) as client:
            started = time.monotonic()
            reply = await client.get("/do")
            took = time.monotonic() - started
        release.set()

    assert reply.json() == "without it, because of upstream_timeout"
    assert 0.4 < took < 2


@pytest.mark.parametrize(
    ("status", "code", "answer"), [(404, "upstream_error", 502), (500, "upstream_unavailable", 503)]
)
async def test_a_failure_reaches_the_caller_without_the_service_s_words(status: int, code: str, answer: int) -> None:
    async with (
        service(answers(status)) as served,
        Upstream(served.url, attempts=1) as upstream,
        Client(asking(upstream)) as client,
    ):
        reply = await client.get("/do")

    assert (reply.status, reply.json()["code"]) == (answer, code)
    assert not {"secret", str(status), "127"} & set(reply.json()["error"].split())


async def test_who_must_come_back_later_is_told_when() -> None:
    async with service(answers(429, retry_after="60")) as served, Client(asking(Upstream(served.url))) as client:
        reply = await client.get("/do")

    assert (reply.status, reply.headers["retry-after"]) == (503, "60")


async def test_public_web_in_a_call_ends_with_it_and_tells_the_server_nothing() -> None:
    async with service(echo) as served:
        web_pages = PublicWeb(allowed_origins=[served.url])

        async def ask(call: Call) -> dict[str, Any]:
            reply = await call.upstream(web_pages).fetch(f"{served.url}/page")
            return reply.json(dict[str, Any])

        async with Client(doing(ask)) as client:
            seen = (await client.get("/do")).json()

    assert seen["target"] == "/page"
    assert set(seen["headers"]) == {"host", "accept", "accept-encoding", "user-agent"}


def test_the_http_client_is_loaded_only_by_plugins_that_have_an_upstream() -> None:
    script = """
import sys, plugwright
before = "aiohttp" in sys.modules
plugwright.Upstream("http://x")
print(before, "aiohttp" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.strip() == "False True"
