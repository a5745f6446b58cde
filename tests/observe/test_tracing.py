"""Spans: what they say, how they hang together, and what they never say."""

from __future__ import annotations

import subprocess
import sys

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from plugwright import Cache, Call, Conflict, InvalidInput, Plugin, PublicWeb, Upstream, UpstreamError
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.observe.spans import attributes, begin_collecting, by_name, collected, ids, parent_of
from tests.web.plugins import doing, new_plugin

ON = Settings(tracing=True)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


@pytest.fixture(autouse=True)
def collecting() -> None:
    """Begin each test without spans."""
    begin_collecting()


def asking(base_url: str) -> Plugin:
    """A plugin that asks an upstream, and hands on what it answered."""
    plugin = new_plugin()
    maps = Upstream(base_url, name="maps", attempts=1)

    @plugin.operation(effect="read", open_world=True, path="/ask", name="ask")
    async def ask(place: str, *, call: Call) -> str:
        """Ask."""
        try:
            return await call.upstream(maps).get_json("/where", params={"place": place}, returns=str)
        except UpstreamError as error:
            return error.code

    return plugin


async def test_a_call_has_a_span_that_is_named_by_its_operation() -> None:
    async def do(number: int) -> int:
        return number

    async with Client(doing(do, name="do"), ON) as client:
        await client.get("/do?number=1")
        await client.mcp("tools/call", {"name": "do", "arguments": {"number": 1}})

    rest, mcp = collected()
    assert (rest.name, rest.kind, parent_of(rest)) == ("do", SpanKind.SERVER, None)
    assert attributes(rest) == {
        "plugwright.operation": "do",
        "plugwright.protocol": "rest",
        "plugwright.outcome": "ok",
    }
    assert attributes(mcp)["plugwright.protocol"] == "mcp"
    assert ids(rest)[0] != ids(mcp)[0]


async def test_a_span_has_the_request_id_of_its_reply_and_its_log_line() -> None:
    async def do() -> None:
        raise Conflict("No")

    async with Client(doing(do, name="do"), ON) as client:
        reply = await client.get("/do")

    (span,) = collected()
    assert (span.attributes or {})["plugwright.request_id"] == reply.headers["x-request-id"]


async def test_a_trace_is_continued_over_rest_and_mcp() -> None:
    async def do() -> None: ...

    async with Client(doing(do, name="do"), ON) as client:
        await client.get("/do", headers={"traceparent": TRACEPARENT, "tracestate": "vendor=1"})
        await client.mcp("tools/call", {"name": "do", "arguments": {}}, meta={"traceparent": TRACEPARENT})

    for span in collected():
        assert f"{ids(span)[0]:032x}" == TRACE
        assert f"{parent_of(span):016x}" == PARENT


async def test_what_a_caller_chose_not_to_sample_is_not_sampled() -> None:
    async def do() -> None: ...

    async with Client(doing(do), ON) as client:
        await client.get("/do", headers={"traceparent": f"00-{TRACE}-{PARENT}-00"})

    assert list(collected()) == []


async def test_failures_are_told_by_code_and_only_the_servers_own_are_errors() -> None:
    async def do(how: str) -> None:
        if how == "conflict":
            raise Conflict("secret message")
        raise ValueError("secret message")

    async with Client(doing(do, name="do"), ON) as client:
        for how in ("conflict", "crash"):
            await client.get(f"/do?how={how}")
        await client.get("/do")

    told = [(attributes(span)["error.type"], span.status.status_code) for span in collected()]
    assert told == [
        ("conflict", StatusCode.UNSET),
        ("internal_error", StatusCode.ERROR),
        ("invalid_input", StatusCode.UNSET),
    ]


async def test_a_call_that_was_refused_before_it_began_has_a_span_too() -> None:
    async def do() -> None: ...

    async with Client(doing(do, name="do", limit="1/minute"), ON) as client:
        for _ in range(2):
            await client.get("/do", headers={"traceparent": TRACEPARENT})

    assert [attributes(span)["plugwright.outcome"] for span in collected()] == ["ok", "too_many_calls"]
    assert {f"{ids(span)[0]:032x}" for span in collected()} == {TRACE}


async def test_a_request_to_an_upstream_is_a_span_below_and_carries_the_trace_on() -> None:
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers["traceparent"])
        return web.json_response("here")

    app = web.Application()
    app.router.add_get("/where", answer)
    async with TestServer(app) as upstream, Client(asking(str(upstream.make_url("/")).rstrip("/")), ON) as client:
        reply = await client.get("/ask?place=Lisbon", headers={"traceparent": TRACEPARENT})
        port = upstream.make_url("/").port

    assert reply.json() == "here"
    spans = by_name()
    sent, call = spans["GET maps"], spans["ask"]
    assert (sent.kind, parent_of(sent)) == (SpanKind.CLIENT, ids(call)[1])
    assert seen == [f"00-{TRACE}-{ids(sent)[1]:016x}-01"]
    assert attributes(sent) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "peer.service": "maps",
        "server.address": "127.0.0.1",
        "server.port": port,
    }


async def test_an_upstream_that_fails_is_an_error_of_its_span_alone() -> None:
    app = web.Application()
    async with TestServer(app) as upstream, Client(asking(str(upstream.make_url("/")).rstrip("/")), ON) as client:
        await client.get("/ask?place=Lisbon")

    spans = by_name()
    assert spans["GET maps"].status.status_code is StatusCode.ERROR
    assert attributes(spans["GET maps"])["http.response.status_code"] == 404
    assert attributes(spans["GET maps"])["error.type"] == "upstream_error"
    assert spans["ask"].status.status_code is StatusCode.UNSET


async def test_a_fetch_of_a_url_from_input_has_a_span_that_does_not_say_which() -> None:
    public = PublicWeb()

    async def do(url: str, *, call: Call) -> str:
        try:
            return (await call.upstream(public).fetch(url)).text
        except InvalidInput as error:
            return error.code

    async with Client(doing(do, name="do"), ON) as client:
        await client.get("/do?url=https://127.0.0.1/canary")
        await public.aclose()

    span = by_name()["GET public_web"]
    assert attributes(span) == {
        "http.request.method": "GET",
        "peer.service": "public_web",
        "error.type": "invalid_input",
    }
    assert "canary" not in span.to_json()


async def test_an_authors_own_spans_hang_below_the_call_also_in_a_thread() -> None:
    def do() -> None:
        with trace.get_tracer("author").start_as_current_span("own"):
            pass

    async with Client(doing(do, name="do"), ON) as client:
        await client.get("/do")

    spans = by_name()
    assert parent_of(spans["own"]) == ids(spans["do"])[1]


async def test_items_of_a_batch_hang_below_the_batch() -> None:
    async def do(number: int) -> int:
        return number

    async with Client(doing(do, name="do", batch=5), ON) as client:
        await client.post("/do/batch", json={"items": [{"number": 1}, {"number": 2}]})

    *items, batch = collected()
    assert batch.kind is SpanKind.SERVER
    assert [(span.kind, parent_of(span)) for span in items] == [(SpanKind.INTERNAL, ids(batch)[1])] * 2


async def test_the_next_call_of_a_connection_is_not_below_the_one_before() -> None:
    async def do() -> None: ...

    async with Client(doing(do), ON) as client:
        for _ in range(3):
            await client.get("/do")

    assert [parent_of(span) for span in collected()] == [None] * 3
    assert len({ids(span)[0] for span in collected()}) == 3


async def test_spans_say_whether_an_answer_was_kept() -> None:
    async def do() -> None: ...

    async with Client(doing(do, cache=Cache(ttl="1m")), ON) as client:
        for _ in range(2):
            await client.get("/do")

    assert [attributes(span)["plugwright.cache"] for span in collected()] == ["miss", "hit"]


async def test_nothing_of_what_a_caller_sent_is_in_a_span() -> None:
    app = web.Application()
    async with TestServer(app) as upstream, Client(asking(str(upstream.make_url("/")).rstrip("/")), ON) as client:
        await client.get("/ask?place=canary", headers={"authorization": "Bearer canary", "user-agent": "canary"})
        await client.mcp("tools/call", {"name": "ask", "arguments": {"place": "canary"}})

    assert len(collected()) == 4
    assert "canary" not in "".join(span.to_json() for span in collected())


def test_what_makes_no_spans_does_not_load_opentelemetry() -> None:
    code = (
        "import sys; import examples.weather.plugin as weather; weather.plugin.asgi(); "
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))], "
        "'plugwright.observe.tracing' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert shown.stdout.strip() == "[] False"


async def test_without_spans_a_call_is_compiled_as_if_there_were_none() -> None:
    async def do() -> None: ...

    async with Client(doing(do, name="do"), Settings()) as client:
        _, plan = client.app.operations["do"]
        await client.get("/do")

    assert "traced" not in plan.begin.__qualname__
    assert list(collected()) == []
