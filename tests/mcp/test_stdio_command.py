"""``plugwright stdio``: the command that speaks MCP over standard input and output."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from tests.mcp.replies import checked_result, strict_json, texts_of
from tests.mcp.wire import LOGO, request

COMMAND = str(Path(sys.executable).with_name("plugwright"))
PLUGIN = """
import sys
from plugwright import Call, Plugin

print("a stray print at import")
plugin = Plugin(name="fixture", title="Fixture", summary="s", instructions="i", version="1.2.3",
                contact_email="a@example.com", legal_url="https://example.com", logo={logo!r})


@plugin.lifespan
async def lifespan():
    print("a stray print at start")
    yield "state"
    print("the lifespan ended", file=sys.stderr)


@plugin.operation(effect="read", open_world=False)
def chatty(*, call: Call) -> str:
    "Print."
    print("a stray print in a call")
    sys.stdout.write("another\\n")
    return call.state
"""


async def run_stdio(tmp_path: Path, source: bytes) -> list[Any]:
    """What the command answers to its whole input."""
    (tmp_path / "chatty.py").write_text(PLUGIN.format(logo=str(LOGO)))
    process = await asyncio.create_subprocess_exec(
        COMMAND,
        "stdio",
        "chatty:plugin",
        cwd=tmp_path,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(source), 60)
    assert process.returncode == 0, errors.decode()
    return [strict_json(line) for line in output.splitlines()]


async def test_the_command_speaks_nothing_but_messages_and_ends_with_its_input(tmp_path: Path):
    (tmp_path / "chatty.py").write_text(PLUGIN.format(logo=str(LOGO)))
    process = await asyncio.create_subprocess_exec(
        COMMAND,
        "stdio",
        "chatty:plugin",
        cwd=tmp_path,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    lines = [
        json.dumps(request("initialize", {"protocolVersion": "2025-11-25"}, request_id=0)),
        "nonsense",
        json.dumps(request("tools/call", {"name": "chatty"}, request_id=1)),
    ]
    output, errors = await asyncio.wait_for(process.communicate("\n".join(lines).encode() + b"\n"), 60)
    assert process.returncode == 0, errors.decode()
    messages = [strict_json(line) for line in output.splitlines()]
    replies = {message.get("id"): message for message in messages}
    assert len(messages) == 3
    checked_result(replies[0], "initialize", "2025-11-25", request_id=0)
    assert texts_of(checked_result(replies[1], "tools/call", "2025-11-25", request_id=1)) == ["state"]
    assert errors.count(b"a stray print") == 3
    assert b"the lifespan ended" in errors


async def test_a_line_that_is_too_long_is_refused_and_the_next_is_served(tmp_path: Path):
    ping = json.dumps(request("ping", request_id=2)).encode() + b"\n"
    messages = await run_stdio(tmp_path, b"x" * 9_000_000 + b"\n" + ping)
    assert [message.get("id") for message in messages] == [None, 2]


async def test_standard_input_may_be_a_file(tmp_path: Path):
    (tmp_path / "chatty.py").write_text(PLUGIN.format(logo=str(LOGO)))
    (tmp_path / "in.jsonl").write_bytes(json.dumps(request("ping")).encode() + b"\n")
    with (tmp_path / "in.jsonl").open("rb") as source:
        process = await asyncio.create_subprocess_exec(
            COMMAND,
            "stdio",
            "chatty:plugin",
            cwd=tmp_path,
            stdin=source,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, errors.decode()
    assert [strict_json(line)["id"] for line in output.splitlines()] == [1]
