"""What only a real server shows: raw bytes on the wire, clients that hang up, requests over one connection."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from plugwright import Plugin
from plugwright.cli import serving
from plugwright.settings import Settings
from tests.web.plugins import new_plugin


@asynccontextmanager
async def served(plugin: Plugin, settings: Settings | None = None) -> AsyncGenerator[int]:
    """The plugin on a free port of this machine, with the server's options of ``plugwright serve``."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = serving.config(timeout_graceful_shutdown=1)
    config.app, config.factory = plugin.asgi(settings or Settings()), False
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        async with asyncio.timeout(10):
            while not server.started:  # noqa: ASYNC110 uvicorn tells it by this flag only
                await asyncio.sleep(0.005)
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await running


class Connection:
    """One connection, and the replies that come over it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    def send(self, start: str | bytes, body: bytes = b"", **headers: str) -> None:
        """Send one request."""
        first = start if isinstance(start, bytes) else start.encode()
        lines = [first + b" HTTP/1.1", b"host: 127.0.0.1"]
        lines += [f"{name.replace('_', '-')}: {value}".encode() for name, value in headers.items()]
        if body:
            lines.append(b"content-length: %d" % len(body))
        self.writer.write(b"\r\n".join([*lines, b"", body]))

    async def receive(self, *, has_body: bool = True) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the next reply."""
        async with asyncio.timeout(10):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
            length = int(headers.get("content-length", 0)) if has_body else 0
            return int(head[0].split()[1]), headers, await self._reader.readexactly(length)

    async def ends(self) -> bool:
        """Whether the server closes the connection and sends nothing more."""
        async with asyncio.timeout(10):
            return await self._reader.read() == b""


@asynccontextmanager
async def connected(port: int) -> AsyncGenerator[Connection]:
    """A connection to the server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def echoing() -> Plugin:
    """A plugin that answers what it gets, by query and by body."""
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/say")
    async def say(text: str) -> str:
        """Answer a text."""
        await asyncio.sleep(0)
        return text

    @plugin.operation(effect="write", open_world=False, path="/put")
    async def put(text: str) -> int:
        """Answer a length."""
        return len(text)

    @plugin.operation(effect="destroy", open_world=False, path="/drop")
    async def drop() -> None:
        """Drop it."""

    return plugin


async def test_many_requests_of_every_kind_share_one_connection() -> None:
    async with served(echoing()) as port, connected(port) as connection:
        connection.send("GET /say?text=a")
        assert (await connection.receive())[2] == b'"a"'
        connection.send("HEAD /say?text=abc")
        status, headers, _ = await connection.receive(has_body=False)
        assert (status, headers["content-length"]) == (200, "5")
        connection.send("DELETE /drop")
        status, headers, body = await connection.receive()
        assert (status, body) == (204, b"")
        assert "content-length" not in headers
        connection.send("GET /nothing")
        assert (await connection.receive())[0] == 404
        connection.send("POST /put", b'{"text":"abc"}', content_type="application/json")
        assert (await connection.receive())[2] == b"3"
        connection.send("OPTIONS *")
        assert (await connection.receive())[0] == 404
        connection.send("GET /livez")
        status, headers, body = await connection.receive()
        assert (status, body) == (200, b"ok\n")
        assert "server" not in headers


async def test_requests_sent_together_are_answered_in_order() -> None:
    async with served(echoing()) as port, connected(port) as connection:
        for number in range(20):
            connection.send(f"GET /say?text={number}")
        replies = [await connection.receive() for _ in range(20)]

    assert [json.loads(body) for _, _, body in replies] == [str(number) for number in range(20)]


async def test_a_query_in_raw_utf_8_is_read_as_curl_sends_it() -> None:
    async with served(echoing()) as port, connected(port) as connection:
        for number in range(2):
            connection.send(f"GET /say?text=东京{number}")
            status, _, body = await connection.receive()
            assert (status, json.loads(body)) == (200, f"东京{number}")
        connection.send("POST /put", '{"text":"东京"}'.encode(), content_type="application/json")
        assert (await connection.receive())[2] == b"2"


async def test_bytes_that_are_no_request_do_not_hurt_the_server() -> None:
    async with served(echoing()) as port:
        for garbage in (
            b"\x16\x03\x01\x00\x00",
            b"GET /say?text=a HTTP/9.9",
            "GET /东京".encode(),
            b"GET /\xff\xfe",
            b"\r\n" * 9,
        ):
            async with connected(port) as connection:
                connection.writer.write(garbage + b"\r\n\r\n")
                connection.writer.write_eof()
                with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                    status, _, body = await connection.receive()
                    assert 400 <= status < 500
                    assert b"Traceback" not in body
        async with connected(port) as connection:
            connection.send("GET /say?text=alive")
            assert (await connection.receive())[2] == b'"alive"'


async def test_a_body_that_is_too_large_is_refused_and_the_server_goes_on() -> None:
    async with served(echoing(), Settings(body_limit=1024)) as port:
        async with connected(port) as connection:
            connection.send("POST /put", b"x" * 1_000_000, content_type="application/json")
            status, headers, body = await connection.receive()
        async with connected(port) as other:
            other.send("GET /say?text=on")
            assert (await other.receive())[0] == 200

    assert status == 413
    assert headers["content-type"] == "application/json"
    assert json.loads(body)["code"] == "payload_too_large"


async def test_a_body_in_chunks_is_read() -> None:
    async with served(echoing()) as port, connected(port) as connection:
        connection.send("POST /put", transfer_encoding="chunked", content_type="application/json")
        for piece in (b'{"te', b'xt":', b'"abcd"}', b""):
            connection.writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await connection.writer.drain()
        assert (await connection.receive())[2] == b"4"


async def test_a_client_that_waits_to_be_asked_for_its_body_is_asked() -> None:
    async with served(echoing()) as port, connected(port) as connection:
        connection.writer.write(
            b"POST /put HTTP/1.1\r\nhost: 127.0.0.1\r\nexpect: 100-continue\r\n"
            b"content-type: application/json\r\ncontent-length: 12\r\n\r\n"
        )
        assert (await connection.receive())[0] == 100
        connection.writer.write(b'{"text":"a"}')
        assert (await connection.receive())[2] == b"1"


async def test_a_client_that_hangs_up_cancels_the_handler() -> None:
    plugin = new_plugin()
    began, cancelled = asyncio.Event(), asyncio.Event()

    @plugin.operation(effect="read", open_world=False, path="/wait")
    async def wait() -> None:
        """Wait for ever."""
        began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with served(plugin) as port:
        async with connected(port) as connection:
            connection.send("GET /wait")
            async with asyncio.timeout(10):
                await began.wait()
        async with asyncio.timeout(10):
            await cancelled.wait()


async def test_a_handler_that_hangs_is_504_and_the_connection_goes_on() -> None:
    plugin = echoing()

    @plugin.operation(effect="read", open_world=False, path="/hang", timeout="20ms")
    async def hang() -> None:
        """Hang."""
        await asyncio.Event().wait()

    async with served(plugin) as port, connected(port) as connection:
        connection.send("GET /hang")
        status, _, body = await connection.receive()
        connection.send("GET /say?text=on")
        assert (await connection.receive())[2] == b'"on"'

    assert (status, json.loads(body)["code"]) == (504, "call_timeout")


async def test_a_failure_is_told_over_the_wire_in_the_one_form() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/explode")
    async def explode() -> None:
        """Explode."""
        raise RuntimeError("s3cret")

    async with served(plugin) as port, connected(port) as connection:
        connection.send("GET /explode")
        status, headers, body = await connection.receive()

    assert status == 500
    assert set(json.loads(body)) == {"error", "code", "request_id"}
    assert "s3cret" not in body.decode() + str(headers)


async def test_the_end_of_the_server_cancels_what_still_runs_and_closes_the_lifespan() -> None:
    plugin = new_plugin()
    began = asyncio.Event()
    steps: list[str] = []

    @plugin.lifespan
    async def life() -> AsyncGenerator[None]:
        yield
        steps.append("closed")

    @plugin.operation(effect="read", open_world=False, path="/wait")
    async def wait() -> None:
        """Wait for ever."""
        began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            steps.append("cancelled")
            raise

    waiting: Any = None
    async with served(plugin) as port:
        waiting = await asyncio.open_connection("127.0.0.1", port)
        waiting[1].write(b"GET /wait HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        async with asyncio.timeout(10):
            await began.wait()
    waiting[1].close()

    assert steps == ["cancelled", "closed"]
