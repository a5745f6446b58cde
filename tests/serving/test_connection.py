"""Requests and replies on one connection, as RFC 9112 has them."""

import asyncio
import json
import logging

import pytest

from plugwright.web.asgi import Message, Receive, Scope, Send
from tests.serving.wire import Wire

GET = b"GET /there?a=b HTTP/1.1\r\nHost: here\r\n\r\n"
POST = b"POST /there HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\n"


def start(status: int = 200, **headers: bytes) -> Message:
    given = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": given}


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await send(start(content_length=b"5", x_path=scope["path"].encode()))
    await send(part(b"hello"))


async def test_a_whole_reply_is_one_write_with_the_headers_of_the_server():
    wire = Wire(hello)
    wire.feed(GET)
    await wire.settle()
    assert wire.transport.writes == [
        b"HTTP/1.1 200 OK\r\ndate: today\r\nx-path: /there\r\ncontent-length: 5\r\n\r\nhello"
    ]
    assert not wire.transport.is_closed
    assert not wire.state.tasks


async def test_the_date_of_a_later_reply_is_a_later_date():
    wire = Wire(hello)
    wire.feed(GET)
    await wire.settle()
    wire.state.default_headers = [(b"date", b"tomorrow")]
    wire.feed(GET)
    await wire.settle()
    assert b"date: tomorrow\r\n" in wire.transport.writes[1]


async def test_the_application_sees_the_request_as_it_came():
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)
        await hello(scope, receive, send)

    wire = Wire(app)
    wire.feed(b"GET /a%20b/%E4%BA%AC?x=%20 HTTP/1.1\r\nHOST: here\r\nX-One: 1\r\nX-One: 2\r\n\r\n")
    await wire.settle()
    (scope,) = seen
    assert (scope["method"], scope["path"], scope["raw_path"], scope["query_string"]) == (
        "GET",
        "/a b/京",
        b"/a%20b/%E4%BA%AC",
        b"x=%20",
    )
    assert scope["headers"] == [(b"host", b"here"), (b"x-one", b"1"), (b"x-one", b"2")]
    assert (scope["type"], scope["scheme"], scope["http_version"]) == ("http", "http", "1.1")
    assert (scope["client"], scope["server"]) == (("127.0.0.1", 50000), ("127.0.0.1", 80))


@pytest.mark.parametrize(
    ("target", "path"),
    [(b"http://here/there?a=b", "/there"), (b"//here/there?a=b", "//here/there"), (b"/there?a=b#c", "/there")],
)
async def test_every_form_of_a_target_is_its_path_and_query(target: bytes, path: str):
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    wire = Wire(app)
    wire.feed(b"GET " + target + b" HTTP/1.1\r\nHost: here\r\n\r\n")
    await wire.settle()
    assert [(scope["path"], scope["query_string"]) for scope in seen] == [(path, b"a=b")]


async def test_a_body_arrives_in_pieces_and_the_end_of_the_reply_ends_the_listening():
    received: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        received.append(await receive())
        received.append(await receive())
        await send(start(content_length=b"0"))
        await send(part(b""))
        received.append(await receive())

    wire = Wire(app)
    wire.feed(POST + b"01234")
    await wire.settle()
    wire.feed(b"56789")
    await wire.settle()
    assert received == [
        {"type": "http.request", "body": b"01234", "more_body": True},
        {"type": "http.request", "body": b"56789", "more_body": False},
        {"type": "http.disconnect"},
    ]


async def test_a_body_of_many_pieces_is_whole_when_nobody_was_listening():
    received: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await gate.wait()
        received.append(await receive())
        await hello(scope, receive, send)

    gate = asyncio.Event()
    wire = Wire(app)
    wire.feed(POST)
    for piece in (b"0123", b"45", b"6789"):
        wire.feed(piece)
        await wire.settle()
    gate.set()
    await wire.settle()
    assert received == [{"type": "http.request", "body": b"0123456789", "more_body": False}]


async def test_a_client_waits_while_much_of_its_body_is_unread():
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await gate.wait()
        while (await receive())["more_body"]:
            pass
        await hello(scope, receive, send)

    gate = asyncio.Event()
    wire = Wire(app)
    wire.feed(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 100000\r\n\r\n" + b"x" * 99_999)
    await wire.settle()
    assert wire.transport.is_paused
    gate.set()
    await wire.settle()
    assert not wire.transport.is_paused
    wire.feed(b"x")
    await wire.settle()
    assert wire.sent.endswith(b"hello")


async def test_a_client_that_asks_first_is_told_to_go_on_when_its_body_is_wanted():
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await gate.wait()
        assert (await receive())["body"] == b"0123456789"
        await hello(scope, receive, send)

    gate = asyncio.Event()
    wire = Wire(app)
    wire.feed(POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
    await wire.settle()
    assert wire.sent == b""
    gate.set()
    await wire.settle()
    assert wire.sent == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.feed(b"0123456789")
    await wire.settle()
    assert wire.sent.endswith(b"\r\n\r\nhello")


async def test_a_body_that_nobody_wants_is_not_asked_for():
    wire = Wire(hello)
    wire.feed(POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
    await wire.settle()
    assert b"100 Continue" not in wire.sent


async def test_who_listens_hears_that_the_client_has_left():
    heard: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        heard.append(await receive())
        await send(start(content_length=b"5"))
        await send(part(b"hello"))

    wire = Wire(app)
    wire.feed(GET)
    await wire.settle()
    wire.connection.connection_lost(None)
    await wire.settle()
    assert heard == [{"type": "http.disconnect"}]
    assert wire.sent == b""
    assert not wire.state.connections
    assert not wire.state.tasks


async def test_a_stream_begins_at_once_and_its_pieces_leave_as_they_come():
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await gate.wait()
        await send(part(b"one", more=True))
        await send(part(b"", more=True))
        await send(part(b"two"))

    gate = asyncio.Event()
    wire = Wire(app)
    wire.feed(GET)
    await wire.settle()
    assert wire.transport.writes == [b"HTTP/1.1 200 OK\r\ndate: today\r\ntransfer-encoding: chunked\r\n\r\n"]
    gate.set()
    await wire.settle()
    assert wire.transport.writes[1:] == [b"3\r\none\r\n", b"3\r\ntwo\r\n0\r\n\r\n"]


async def test_a_stream_to_a_client_of_http_1_0_ends_with_its_connection():
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await send(part(b"one", more=True))
        await send(part(b"two"))

    wire = Wire(app)
    wire.feed(GET.replace(b"HTTP/1.1", b"HTTP/1.0"))
    await wire.settle()
    assert wire.sent == b"HTTP/1.1 200 OK\r\ndate: today\r\nconnection: close\r\n\r\nonetwo"
    assert wire.transport.is_closed


@pytest.mark.parametrize(
    ("method", "status", "length"), [(b"HEAD", 200, b"content-length: 5\r\n"), (b"GET", 304, b""), (b"GET", 204, b"")]
)
async def test_what_has_no_body_gets_none(method: bytes, status: int, length: bytes):
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(status, content_length=b"5") if length else start(status))
        await send(part(b"hello"))

    wire = Wire(app)
    wire.feed(GET.replace(b"GET", method))
    await wire.settle()
    assert wire.sent.endswith(b"date: today\r\n" + length + b"\r\n")
    assert not wire.transport.is_closed


async def test_pipelined_requests_are_answered_one_after_the_other_while_the_client_waits():
    running: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        running.append(scope["path"])
        await gates[scope["path"]].wait()
        await hello(scope, receive, send)

    gates = {f"/{n}": asyncio.Event() for n in range(3)}
    wire = Wire(app)
    wire.feed(b"".join(b"GET /%d HTTP/1.1\r\nHost: here\r\n\r\n" % n for n in range(3)))
    await wire.settle()
    assert running == ["/0"]
    assert wire.transport.is_paused
    for n, gate in enumerate(gates.values()):
        gate.set()
        await wire.settle()
        assert wire.sent.count(b"hello") == n + 1
    assert wire.sent.index(b": /0") < wire.sent.index(b": /1") < wire.sent.index(b": /2")
    assert not wire.transport.is_paused


async def test_all_pipelined_requests_hear_that_the_client_has_left():
    heard: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        heard.append(await receive())

    wire = Wire(app)
    wire.feed(GET + GET)
    await wire.settle()
    wire.connection.connection_lost(None)
    await wire.settle()
    assert heard == [{"type": "http.disconnect"}]  # the second had not begun


@pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/1.1\r\nConnection: close"])
async def test_the_connection_ends_where_the_client_wants_it(version: bytes):
    wire = Wire(hello)
    wire.feed(GET.replace(b"HTTP/1.1", version))
    await wire.settle()
    assert b"connection: close\r\n" in wire.sent
    assert wire.transport.is_closed


async def test_the_connection_ends_where_the_application_wants_it():
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(content_length=b"5", connection=b"close"))
        await send(part(b"hello"))

    wire = Wire(app)
    wire.feed(GET)
    await wire.settle()
    assert wire.sent.count(b"connection: close\r\n") == 1
    assert wire.transport.is_closed


async def test_another_protocol_is_not_spoken_and_the_request_answered():
    wire = Wire(hello)
    wire.feed(GET.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n") + b"PRI * HTTP/2.0\r\n\r\n")
    await wire.settle()
    assert wire.sent.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"connection: close\r\n" in wire.sent
    assert wire.transport.is_closed


async def test_what_is_no_http_is_refused_with_json():
    wire = Wire(hello)
    wire.feed(b"HELLO\r\n\r\n")
    await wire.settle()
    head, _, body = wire.sent.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n")
    assert json.loads(body)["code"] == "bad_request"
    assert wire.transport.is_closed


async def test_garbage_after_a_request_does_not_disturb_its_reply():
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await gate.wait()
        await hello(scope, receive, send)

    gate = asyncio.Event()
    wire = Wire(app)
    wire.feed(GET + b"\x00garbage\r\n\r\n")
    await wire.settle()
    gate.set()
    await wire.settle()
    assert wire.sent.startswith(b"HTTP/1.1 200 OK")
    assert b"400" not in wire.sent
    assert wire.transport.is_closed


async def test_an_application_that_fails_gets_the_client_an_error_and_the_operator_a_line(
    caplog: pytest.LogCaptureFixture,
):
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("no good")

    wire = Wire(app)
    with caplog.at_level(logging.ERROR):
        wire.feed(GET)
        await wire.settle()
    assert wire.sent.startswith(b"HTTP/1.1 500 ")
    assert b"no good" not in wire.sent
    assert json.loads(wire.sent.partition(b"\r\n\r\n")[2])["code"] == "internal_error"
    assert "no good" in caplog.text
    assert wire.transport.is_closed


async def test_an_application_that_says_nothing_is_no_answer():
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Say nothing."""

    wire = Wire(app)
    wire.feed(GET)
    await wire.settle()
    assert wire.sent.startswith(b"HTTP/1.1 500 ")


@pytest.mark.parametrize(("announced", "said"), [(b"5", b"much too long"), (b"50", b"short")])
async def test_a_reply_of_another_length_than_it_says_ends_the_connection(announced: bytes, said: bytes):
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(content_length=announced))
        await send(part(said))

    wire = Wire(app)
    wire.feed(GET)
    await wire.settle()
    assert said not in wire.sent
    assert wire.transport.is_closed


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: x=1", b"a\x00b", b"a\nb"])
async def test_a_header_that_would_be_two_is_not_sent(value: bytes):
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(x_echo=value, content_length=b"0"))
        await send(part(b""))

    wire = Wire(app)
    wire.feed(GET)
    await wire.settle()
    assert wire.sent.startswith(b"HTTP/1.1 500 ")
    assert b"set-cookie" not in wire.sent


async def test_who_does_not_read_is_not_written_to():
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await send(part(b"one", more=True))
        wire.connection.pause_writing()
        await send(part(b"two"))

    wire = Wire(app)
    wire.feed(GET)
    await wire.settle()
    assert b"one" in wire.sent
    assert b"two" not in wire.sent
    wire.connection.resume_writing()
    await wire.settle()
    assert b"two" in wire.sent


async def test_a_head_that_does_not_arrive_in_time_is_refused():
    wire = Wire(hello)
    wire.feed(GET)
    await wire.settle()
    wire.loop.pass_by(3)
    wire.feed(b"GET / HTTP/1.1\r\nHost: he")
    wire.loop.pass_by(4.9)
    assert not wire.transport.is_closed
    wire.feed(b"re\r\nX-Slow: yes")
    wire.loop.pass_by(0.2)
    assert b"HTTP/1.1 408 Request Timeout\r\n" in wire.sent
    assert wire.transport.is_closed


@pytest.mark.parametrize("request_first", [b"", GET])
async def test_a_connection_that_nobody_uses_is_closed_without_a_word(request_first: bytes):
    wire = Wire(hello, keep_alive=5)
    wire.feed(request_first) if request_first else None
    await wire.settle()
    sent = wire.sent
    wire.loop.pass_by(4.9)
    assert not wire.transport.is_closed
    wire.loop.pass_by(0.2)
    assert wire.transport.is_closed
    assert wire.sent == sent


async def test_a_connection_whose_client_waits_for_its_reply_is_kept():
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await gate.wait()
        await hello(scope, receive, send)

    gate = asyncio.Event()
    wire = Wire(app)
    wire.feed(GET)
    wire.loop.pass_by(300)
    gate.set()
    await wire.settle()
    assert wire.sent.endswith(b"hello")
    assert not wire.transport.is_closed
    wire.loop.pass_by(5.1)
    assert wire.transport.is_closed


async def test_at_the_end_of_the_server_an_idle_connection_closes_and_a_busy_one_after_its_replies():
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await gate.wait()
        await hello(scope, receive, send)

    gate = asyncio.Event()
    idle, busy = Wire(hello), Wire(app)
    busy.feed(GET + GET)
    await busy.settle()
    for wire in (idle, busy):
        wire.connection.shutdown()
    assert idle.transport.is_closed
    assert not busy.transport.is_closed
    gate.set()
    await busy.settle()
    assert busy.sent.count(b"hello") == 2
    assert busy.sent.count(b"connection: close\r\n") == 1
    assert busy.transport.is_closed


async def test_a_task_that_is_stopped_leaves_no_client_waiting():
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    wire = Wire(app)
    wire.feed(GET)
    await wire.settle()
    for task in set(wire.state.tasks):
        task.cancel()
    await wire.settle()
    assert wire.transport.is_closed
    assert not wire.state.tasks
