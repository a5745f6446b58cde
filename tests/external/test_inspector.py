"""The Inspector's command line, in both eras."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.external.servers import Server
from tests.external.weather import PROMPT, RESOURCE, TOOLS

ERAS = pytest.mark.parametrize("era", ["legacy", "modern"])
Inspect = Callable[..., Any]


@pytest.fixture
def inspect(inspector: tuple[str, str], weather: Server, tmp_path: Path) -> Inspect:
    """Run one method of the Inspector against the weather plugin; it must exit 0."""

    def run(era: str, method: str, *arguments: str) -> Any:
        target = ["--cli", "--server-url", weather.mcp, "--transport", "http", "--format", "json", "-q"]
        done = subprocess.run(
            [*inspector, *target, "--protocol-era", era, "--method", method, *arguments],
            # It keeps a catalogue in the home folder, which must not be the developer's.
            env={**os.environ, "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)["result"]

    return run


@ERAS
def test_it_finds_the_tools_and_nothing_that_a_client_could_not_use(inspect: Inspect, era: str):
    tools = inspect(era, "tools/list", "--strict")["tools"]

    assert {tool["name"] for tool in tools} == TOOLS


@ERAS
def test_it_calls_a_tool(inspect: Inspect, era: str):
    result = inspect(era, "tools/call", "--tool-name", "get_weather", "--tool-args-json", '{"city": "東京"}')

    assert result["structuredContent"]["city"] == "Tokyo"
    assert result["structuredContent"]["source"] == "simulated"


@ERAS
def test_it_reads_a_resource(inspect: Inspect, era: str):
    listed = inspect(era, "resources/list")["resources"]
    contents = inspect(era, "resources/read", "--uri", RESOURCE)["contents"]

    assert RESOURCE in {resource["uri"] for resource in listed}
    assert contents[0]["uri"] == RESOURCE


@ERAS
def test_it_gets_a_prompt(inspect: Inspect, era: str):
    listed = inspect(era, "prompts/list")["prompts"]
    prompt = inspect(era, "prompts/get", "--prompt-name", PROMPT, "--prompt-args", "city=Tokyo")

    assert PROMPT in {entry["name"] for entry in listed}
    assert "Tokyo" in json.dumps(prompt["messages"], ensure_ascii=False)
