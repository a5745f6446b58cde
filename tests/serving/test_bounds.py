"""What a client may take: bytes that are no body, connections, and time to take its reply."""

import asyncio
import json
import resource

import pytest

from plugwright.serving.bounds import Bounds, connections_within_files
from plugwright.web.asgi import Message, Receive, Scope, Send
from tests.serving.wire import Wire

GET = b"GET /there HTTP/1.1\r\nHost: here\r\n\r\n"
CHUNKED = b"POST /there HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    size = 0
    while (message := await receive()).get("more_body"):
        size += len(message["body"])
    await hello(scope, receive, send)


def refusal(wire: Wire) -> tuple[int, str]:
    """The status and code of what was refused, after which the connection ended."""
    assert wire.transport.is_closed
    head, _, body = wire.sent.partition(b"\r\n\r\n")
    assert b"connection: close" in head
    return int(head.split()[1]), json.loads(body)["code"]


LONG_HEADS = {
    "a target": (b"GET /" + b"a" * 33_000, 414, "uri_too_long"),
    "a query": (b"GET /?" + b"a=b&" * 9_000, 414, "uri_too_long"),
    "a header": (b"GET / HTTP/1.1\r\nHost: here\r\nX-Long: " + b"a" * 66_000, 431, "headers_too_large"),
    "a name": (b"GET / HTTP/1.1\r\nHost: here\r\nX-" + b"a" * 66_000, 431, "headers_too_large"),
    "many headers": (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 101, 431, "headers_too_large"),
}
ENDS = {
    "a target": b" HTTP/1.1\r\nHost: here\r\n\r\n",
    "a query": b" HTTP/1.1\r\nHost: here\r\n\r\n",
    "a header": b"\r\n\r\n",
    "a name": b": b\r\n\r\n",
    "many headers": b"\r\n",
}


@pytest.mark.parametrize("name", LONG_HEADS)
async def test_a_head_that_is_too_long_is_refused_when_it_comes_at_once(name: str):
    head, status, code = LONG_HEADS[name]
    wire = Wire(hello)
    wire.feed(head + ENDS[name])
    await wire.settle()
    assert refusal(wire) == (status, code)


@pytest.mark.parametrize("name", LONG_HEADS)
async def test_a_head_that_is_too_long_is_refused_when_it_comes_in_pieces(name: str):
    head, _, code = LONG_HEADS[name]
    wire = Wire(hello)
    whole = head + ENDS[name]
    for at in range(0, len(whole), 4096):
        wire.feed(whole[at : at + 4096])
        if wire.transport.is_closed:
            break
    await wire.settle()
    assert refusal(wire)[1] == code


async def test_a_head_without_an_end_takes_no_more_than_its_bound():
    wire = Wire(hello)
    wire.feed(b"GET / HTTP/1.1\r\nX-Long: ")
    fed = 0
    while not wire.transport.is_closed:
        wire.feed(b"a" * 1000)
        fed += 1000
        assert fed < 70_000
    assert refusal(wire) == (431, "headers_too_large")


async def test_usual_heads_are_taken():
    wire = Wire(hello)
    wire.feed(b"GET /?" + b"a" * 30_000 + b" HTTP/1.1\r\n" + b"X-One: 1\r\n" * 99 + b"Host: here\r\n\r\n")
    await wire.settle()
    assert wire.sent.endswith(b"hello")


async def test_a_long_body_is_no_head():
    wire = Wire(echo)
    wire.feed(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000000\r\n\r\n")
    for _ in range(10):
        wire.feed(b"a" * 100_000)
        await wire.settle()
    assert wire.sent.endswith(b"hello")


async def test_what_follows_a_body_in_pieces_is_no_header_of_its_request():
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)
        await echo(scope, receive, send)

    wire = Wire(app)
    wire.feed(CHUNKED + b"2\r\nab\r\n0\r\nAuthorization: Bearer stolen\r\n\r\n")
    await wire.settle()
    assert wire.sent.endswith(b"hello")
    assert [name for name, _ in seen[0]["headers"]] == [b"host", b"transfer-encoding"]


async def test_what_follows_a_body_in_pieces_has_an_end():
    wire = Wire(echo)
    wire.feed(CHUNKED + b"2\r\nab\r\n0\r\nX-Long: ")
    await wire.settle()
    fed = 0
    while not wire.transport.is_paused:
        wire.feed(b"a" * 1000)
        fed += 1000
        assert fed < 70_000


async def test_only_so_many_requests_may_come_before_their_replies():
    gate = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await gate.wait()
        await hello(scope, receive, send)

    wire = Wire(app)
    wire.feed(GET * 1000)
    gate.set()
    for _ in range(20):
        await wire.settle()
    assert wire.sent.count(b"hello") <= 66
    assert wire.transport.is_closed


async def test_another_connection_is_refused_when_there_are_as_many_as_there_may_be():
    wire = Wire(hello, bounds=Bounds(connections=10), others=10)
    assert refusal(wire) == (503, "unavailable")
    wire.connection.connection_lost(None)
    assert len(wire.state.connections) == 10
    assert not Wire(hello, bounds=Bounds(connections=10), others=9).transport.is_closed


async def endless(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": b"a" * 1000, "more_body": True})
        await asyncio.sleep(0)


async def test_a_client_that_takes_nothing_of_its_reply_is_cut_off():
    left: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await receive()
        left.append(await receive())

    wire = Wire(app)
    wire.feed(GET)
    await wire.settle()
    wire.transport.unsent = 100_000
    wire.connection.pause_writing()
    wire.loop.pass_by(29)
    assert not wire.transport.is_aborted
    wire.loop.pass_by(2)
    assert wire.transport.is_aborted
    wire.connection.connection_lost(None)
    await wire.settle()
    assert left == [{"type": "http.disconnect"}]


async def test_a_client_that_takes_its_reply_slowly_has_the_time_it_needs():
    wire = Wire(endless)
    wire.feed(GET)
    await wire.settle()
    wire.transport.unsent = 400_000
    wire.connection.pause_writing()
    for _ in range(10):
        wire.transport.unsent -= 20_000
        wire.loop.pass_by(30)
        assert not wire.transport.is_aborted
    wire.connection.resume_writing()
    wire.loop.pass_by(300)
    assert not wire.transport.is_closed
    wire.connection.connection_lost(None)
    await wire.settle()


async def test_a_connection_that_closes_does_not_wait_for_ever_for_its_client():
    wire = Wire(hello)
    wire.feed(b"GET /there HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    wire.transport.unsent = 5000
    await wire.settle()
    assert wire.transport.is_closed
    assert not wire.transport.is_aborted
    wire.loop.pass_by(36)
    assert wire.transport.is_aborted


def test_there_are_never_more_connections_than_files_may_be_open():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        found = connections_within_files(1_000_000_000)
        now, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert now == hard
        assert found == (1_000_000_000 if hard == resource.RLIM_INFINITY else hard - 256)
        assert connections_within_files(10) == 10
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
