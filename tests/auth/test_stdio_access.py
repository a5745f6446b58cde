"""MCP over standard input and output has nobody to sign in: open tools work, the others say so."""

from pathlib import Path
from typing import Any

from plugwright.testing import Client
from tests.auth.places import mixed
from tests.auth.tokens import settings_in
from tests.mcp.pipe import Pipe, by_id


def called(number: int, name: str, **arguments: Any) -> dict[str, Any]:
    """A tools/call."""
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": name, "arguments": arguments}}


async def test_open_tools_run_and_protected_ones_answer_that_they_need_sign_in(tmp_path: Path):
    async with Client(mixed(), settings_in(tmp_path)) as client:
        pipe = Pipe(client)
        pipe.send(called(1, "weather", city="Oslo"), called(2, "list_places"))
        replies = by_id(await pipe.end())

    assert replies[1]["result"]["isError"] is False
    assert replies[2]["result"]["isError"] is True
    assert "not_authenticated" in replies[2]["result"]["content"][0]["text"]
