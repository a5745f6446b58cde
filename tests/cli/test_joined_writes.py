"""Replies as they leave ``plugwright serve``: whole, in order, in as few writes as may be."""

import asyncio
import http.client
import json
import socket
from typing import cast

import pytest

from plugwright.cli.joined_writes import JoinedWrites
from tests.cli.commands import PATIENCE, Folder, get, serving

LARGE = 5_000_000
PLUGIN = f'''
import asyncio
from plugwright import Call
from tests.operations.plugins import new_plugin

plugin = new_plugin()
gate = asyncio.Event()

@plugin.operation(effect="read", open_world=False)
async def echo(text: str) -> str:
    """Say it again."""
    return text

@plugin.operation(effect="read", open_world=False)
async def large() -> str:
    """Say much."""
    return "x" * {LARGE}

@plugin.operation(effect="read", open_world=False)
async def pass_gate(*, call: Call) -> str:
    """Wait at the gate."""
    call.progress(1)
    await gate.wait()
    return "passed"

@plugin.operation(effect="read", open_world=False)
async def open_gate() -> str:
    """Open the gate."""
    gate.set()
    return "open"
'''
CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "pass_gate", "_meta": {"progressToken": 7}},
}


class Recorder:
    """A transport that records what reaches it."""

    def __init__(self) -> None:
        self.done: list[bytes | str] = []
        self.is_lost = False

    def write(self, data: bytes) -> None:
        """Record bytes."""
        self.done.append(data)

    def close(self) -> None:
        """Record the end."""
        self.done.append("close")

    def is_closing(self) -> bool:
        """Whether the connection has been lost."""
        return self.is_lost

    def get_extra_info(self, name: str) -> str:
        """Something that only this transport knows."""
        return f"the {name}"


def joined(recorder: Recorder) -> JoinedWrites:
    """A joining transport around a recorder."""
    return JoinedWrites(cast("asyncio.Transport", recorder), asyncio.get_running_loop())


@pytest.fixture
def gate(folder: Folder) -> Folder:
    """A folder with the plugin of these tests."""
    folder.write("gate.py", PLUGIN)
    return folder


async def test_what_is_written_in_one_turn_leaves_at_its_end_at_once():
    recorder = Recorder()
    writes = joined(recorder)
    for _ in range(2):
        writes.write(b"head")
        writes.write(b"body")
        assert recorder.done.count(b"headbody") == len(recorder.done)
        await asyncio.sleep(0)
    assert recorder.done == [b"headbody", b"headbody"]


async def test_what_is_large_does_not_wait_for_the_end_of_the_turn():
    recorder = Recorder()
    writes = joined(recorder)
    writes.write(b"head")
    writes.write(b"x" * 100_000)
    assert recorder.done == [b"head" + b"x" * 100_000]


async def test_what_waits_is_written_before_the_end():
    recorder = Recorder()
    writes = joined(recorder)
    writes.write(b"last")
    writes.close()
    await asyncio.sleep(0)
    assert recorder.done == [b"last", "close"]
    assert writes.get_extra_info("peer") == "the peer"


async def test_nothing_is_written_to_a_connection_that_was_lost_meanwhile():
    recorder = Recorder()
    writes = joined(recorder)
    writes.write(b"late")
    recorder.is_lost = True
    await asyncio.sleep(0)
    assert recorder.done == []


def test_pipelined_requests_are_answered_in_order_and_the_last_one_ends_the_connection(gate: Folder):
    with serving(gate, "serve", "gate:plugin") as (port, _):
        wanted = [f"GET /echo?text=number{n} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n" for n in range(20)]
        wanted[-1] += "Connection: close\r\n"
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
            client.sendall("".join(f"{request}\r\n" for request in wanted).encode())
            received = b"".join(iter(lambda: client.recv(65_536), b""))

    assert received.count(b"HTTP/1.1 200 OK\r\n") == 20
    places = [received.index(f'"number{n}"'.encode()) for n in range(20)]
    assert places == sorted(places)
    assert b"connection: close\r\n" in received[places[-2] :]


def test_a_client_that_sends_no_more_still_gets_its_answer(gate: Folder):
    with serving(gate, "serve", "gate:plugin") as (port, _):
        request = f"GET /echo?text=whole HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
            client.sendall(request)
            received = client.recv(65_536)
            client.shutdown(socket.SHUT_WR)
            received += b"".join(iter(lambda: client.recv(65_536), b""))
    assert received.endswith(b'"whole"')


def test_a_large_answer_arrives_whole_and_ends_the_connection(gate: Folder):
    with serving(gate, "serve", "gate:plugin") as (port, _):
        assert get(port, "/large") == (200, '"' + "x" * LARGE + '"')
        request = f"GET /large HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
            client.sendall(request)
            received = b"".join(iter(lambda: client.recv(65_536), b""))
    assert received.partition(b"\r\n\r\n")[2] == b'"' + b"x" * LARGE + b'"'


def test_an_event_arrives_while_its_call_still_runs(gate: Folder):
    with serving(gate, "serve", "gate:plugin") as (port, _):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        headers = {"content-type": "application/json", "mcp-protocol-version": "2025-11-25"}
        client.request("POST", "/mcp", body=json.dumps(CALL), headers=headers)
        stream = client.getresponse()
        lines = iter(stream.readline, b"")
        first = next(line for line in lines if line.startswith(b"data: "))
        assert json.loads(first[6:])["method"] == "notifications/progress"
        assert get(port, "/open-gate")[0] == 200
        last = next(line for line in lines if line.startswith(b"data: "))
        assert json.loads(last[6:])["result"]["content"][0]["text"] == "passed"
        client.close()
