"""W3C Trace Context: what is read of it, and how a call hands it on."""

from typing import Any

import pytest

from plugwright import Call, Plugin, Upstream
from plugwright.observe.trace_context import TraceContext, read_trace, trace_of_headers
from plugwright.testing import Client
from tests.mcp.wire import legacy
from tests.upstream.services import echo, service
from tests.web.plugins import doing

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OTHER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
ASKING: dict[str, Any] = {"name": "ask", "arguments": {}}


def asking(upstream: Upstream) -> Plugin:
    """A plugin whose operation tells with which headers an upstream was asked."""

    async def ask(call: Call) -> dict[str, Any]:
        return (await call.upstream(upstream).get_json("/", returns=dict[str, Any]))["headers"]

    return doing(ask)


@pytest.mark.parametrize(
    ("traceparent", "handed_on"),
    [
        (TRACE, TRACE),
        (OTHER, OTHER),
        (TRACE.replace("00-", "cc-", 1), TRACE),
        (f"{TRACE.replace('00-', 'cc-', 1)}-what-comes-later", TRACE),
        (f"{TRACE[:-2].replace('00-', 'cc-', 1)}ff", f"{TRACE[:-2]}03"),
    ],
)
def test_a_well_formed_trace_is_read(traceparent: str, handed_on: str) -> None:
    assert read_trace(traceparent) == TraceContext(handed_on)


@pytest.mark.parametrize(
    "traceparent",
    [
        *(None, "", 1, ["00"], "canary", TRACE.upper(), TRACE[:-1], f"{TRACE}-more", f"{TRACE}.", f" {TRACE}"),
        *(TRACE.replace("00-", "ff-", 1), TRACE.replace("00-", "0-", 1), f"{TRACE}\r\nx: y", TRACE.replace("-", "_")),
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-0af7651916cd43dd8448eb211c80319c-{'0' * 16}-01",
    ],
)
def test_a_malformed_trace_is_none(traceparent: Any) -> None:
    assert read_trace(traceparent, "a=1") is None


@pytest.mark.parametrize(
    ("tracestate", "handed_on"),
    [
        ("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        (" a=1 ,, tenant@system=b ", "a=1,tenant@system=b"),
        *((bad, None) for bad in (None, "", ",", "a", "a=", "=1", "A=1", "a=1,a=2", "a=b=c", "a=é", "a=1\n", 7)),
        (",".join(f"k{number}=1" for number in range(33)), None),
        (f"a={'x' * 256},b={'x' * 256}", None),
    ],
)
def test_the_state_of_a_trace_is_read_whole_or_left_out(tracestate: Any, handed_on: str | None) -> None:
    assert read_trace(TRACE, tracestate) == TraceContext(TRACE, handed_on)


def test_headers_may_split_the_state_but_not_tell_of_two_traces() -> None:
    parent, other = (b"traceparent", TRACE.encode()), (b"traceparent", OTHER.encode())
    states = [(b"tracestate", b"a=1"), (b"host", b"x"), (b"tracestate", b"b=2")]

    assert trace_of_headers([parent, *states]) == TraceContext(TRACE, "a=1,b=2")
    assert trace_of_headers([parent, other]) is None
    assert trace_of_headers(states) is None


def test_a_trace_is_known_by_its_id() -> None:
    assert TraceContext(TRACE).trace_id == "0af7651916cd43dd8448eb211c80319c"


async def test_a_call_hands_its_trace_on_to_upstreams() -> None:
    sent = {"traceparent": TRACE, "tracestate": "rojo=1"}
    async with service(echo) as served, Client(asking(Upstream(served.url))) as client:
        rest = (await client.get("/do", headers=sent)).json()
        mcp = (await client.mcp("tools/call", ASKING, headers=sent)).json()["result"]["structuredContent"]
        handshake = (await legacy(client, "tools/call", ASKING, headers=sent)).json()["result"]["structuredContent"]

    for seen in (rest, mcp, handshake):
        assert (seen["traceparent"], seen["tracestate"]) == (TRACE, "rojo=1")


async def test_the_trace_of_a_message_counts_before_that_of_the_request_that_carries_it() -> None:
    async with service(echo) as served, Client(asking(Upstream(served.url))) as client:
        headers = {"traceparent": OTHER, "tracestate": "a=1"}
        replies = [
            await client.mcp("tools/call", ASKING, meta={"traceparent": TRACE}, headers=headers),
            await client.mcp("tools/call", ASKING, meta={"traceparent": "nonsense"}, headers=headers),
        ]

    seen = [reply.json()["result"]["structuredContent"] for reply in replies]
    assert [(headers["traceparent"], headers.get("tracestate")) for headers in seen] == [(TRACE, None), (OTHER, "a=1")]


async def test_a_malformed_trace_is_not_handed_on() -> None:
    sent = {"traceparent": "canary", "tracestate": "canary=1"}
    async with service(echo) as served, Client(asking(Upstream(served.url))) as client:
        seen = (await client.get("/do", headers=sent)).json()

    assert not {"traceparent", "tracestate"} & seen.keys()
