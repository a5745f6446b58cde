"""The Inspector's command line, with a bearer token, and by its own sign-in."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any, Final

import pytest

from tests.auth.server.flows import Browser, get_tokens, register
from tests.external.sign_in.http_browser import HttpPerson
from tests.external.sign_in.site import Site

READ_NOTE: Final = ("--method", "tools/call", "--tool-name", "read_note")
# Ends where the terminal is told something else, such as that the text is a link.
REQUEST: Final = re.compile(rb"(http://[!-~]+/oauth/authorize\?[!-~]+)[^!-~]")
PATIENCE: Final = 60.0
ERAS = pytest.mark.parametrize("era", ["legacy", "modern"])


def target(url: str) -> list[str]:
    """The arguments that name the server."""
    return ["--cli", "--server-url", url, "--transport", "http", "--format", "json", "-q"]


def inspect(command: tuple[str, str], home: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the Inspector without a way to ask anybody; the home folder is where it keeps a catalogue."""
    environment = {**os.environ, "HOME": str(home)}
    return subprocess.run(
        [*command, *target(url), "--stored-auth-only", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@ERAS
async def test_it_calls_with_a_bearer_token(inspector: tuple[str, str], protected: Site, tmp_path: Path, era: str):
    async with Browser(protected.url) as browser:
        tokens = await get_tokens(browser, await register(browser))
    bearer = ["--protocol-era", era, "--header", f"Authorization: Bearer {tokens.access}"]

    listed = inspect(inspector, tmp_path, protected.mcp, *bearer, "--method", "tools/list", "--strict")
    called = inspect(inspector, tmp_path, protected.mcp, *bearer, *READ_NOTE)

    assert listed.returncode == 0, listed.stderr
    tools: list[dict[str, Any]] = json.loads(listed.stdout)["result"]["tools"]
    assert {tool["name"] for tool in tools} == {"read_note", "write_note"}
    assert called.returncode == 0, called.stderr
    assert json.loads(called.stdout)["result"]["structuredContent"]["subject"] == protected.account_id


@ERAS
def test_without_a_token_it_says_that_sign_in_is_needed(
    inspector: tuple[str, str], protected: Site, tmp_path: Path, era: str
):
    refused = inspect(inspector, tmp_path, protected.mcp, "--protocol-era", era, "--method", "tools/list")

    assert refused.returncode != 0
    assert "auth_required" in refused.stderr


async def test_it_registers_and_signs_in_by_itself(inspector: tuple[str, str], protected: Site, tmp_path: Path):
    person = HttpPerson(protected.url)
    # It asks only somebody at a terminal; then it says where to go, and listens at a port of its own.
    terminal, its_end = os.openpty()
    environment = {**os.environ, "HOME": str(tmp_path), "MCP_AUTO_OPEN_ENABLED": "false"}
    callback = ["--callback-url", "http://127.0.0.1:0/oauth/callback"]
    process = await asyncio.create_subprocess_exec(
        *inspector, *target(protected.mcp), *callback, *READ_NOTE, env=environment, stdout=PIPE, stderr=its_end
    )
    os.close(its_end)
    try:
        await person.authorize(await asyncio.wait_for(asyncio.to_thread(read_request, terminal), PATIENCE))
        output, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(terminal)

    assert process.returncode == 0
    assert json.loads(output)["result"]["structuredContent"]["subject"] == protected.account_id
    assert len(person.pages) == 2  # sign-in and consent


def read_request(terminal: int) -> str:
    """The authorization request that is shown at a terminal."""
    shown = b""
    while (found := REQUEST.search(shown)) is None:
        shown += os.read(terminal, 4096)
    return found[1].decode()
