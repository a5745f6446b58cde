"""Replies as they leave ``plugwright serve``: whole and in order."""

import http.client
import json
import socket

import pytest

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

@plugin.operation(effect="read", open_world=False, answer_limit={2 * LARGE})
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


@pytest.fixture
def gate(folder: Folder) -> Folder:
    """A folder with the plugin of these tests."""
    folder.write("gate.py", PLUGIN)
    return folder


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
