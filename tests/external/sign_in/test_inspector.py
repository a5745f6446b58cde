"""The Inspector's command line, with a bearer token."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.auth.server.flows import Browser, get_tokens, register
from tests.external.sign_in.site import Site

ERAS = pytest.mark.parametrize("era", ["legacy", "modern"])


def inspect(command: tuple[str, str], home: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the Inspector without a way to ask anybody; the home folder is where it keeps a catalogue."""
    target = ["--cli", "--server-url", url, "--transport", "http", "--format", "json", "-q", "--stored-auth-only"]
    environment = {**os.environ, "HOME": str(home)}
    return subprocess.run(
        [*command, *target, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@ERAS
async def test_it_calls_with_a_bearer_token(inspector: tuple[str, str], protected: Site, tmp_path: Path, era: str):
    async with Browser(protected.url) as browser:
        tokens = await get_tokens(browser, await register(browser))
    bearer = ["--protocol-era", era, "--header", f"Authorization: Bearer {tokens.access}"]

    listed = inspect(inspector, tmp_path, protected.mcp, *bearer, "--method", "tools/list", "--strict")
    called = inspect(inspector, tmp_path, protected.mcp, *bearer, "--method", "tools/call", "--tool-name", "read_note")

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
