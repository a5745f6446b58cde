"""The OpenAPI documents before a validator and a fuzzer that know nothing of this project."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
from pydantic import SecretStr

from plugwright.settings import Settings
from tests.auth.tokens import sign_in
from tests.external.servers import Server, serving
from tests.external.weather import TOOLS

EXAMPLES = "30"
# A batch answers 200 to items that do not fit as well: each with an error of its own.
CONFIG = """
[[operations]]
include-path-regex = "/batch$"
checks.negative_data_rejection.expected-statuses = [200, "4xx"]
"""
# A key that came with another body before is refused, which no schema can say, and a fuzzer repeats itself.
HOOKS = """
import schemathesis

@schemathesis.hook
def before_load_schema(context, raw_schema):
    for path in raw_schema["paths"].values():
        for operation in path.values():
            operation["parameters"] = [one for one in operation.get("parameters", []) if one.get("in") != "header"]
"""


def fetch(url: str) -> bytes:
    """The body behind a local address."""
    with urllib.request.urlopen(url, timeout=10) as reply:  # noqa: S310 - a loopback address of our own
        return reply.read()


@pytest.mark.parametrize(
    ("path", "version", "validator"),
    [("/openapi.json", "3.1.", OpenAPIV31SpecValidator), ("/openapi.yaml", "3.0.1", OpenAPIV30SpecValidator)],
)
def test_both_documents_are_valid(weather: Server, path: str, version: str, validator: Any):
    body = fetch(weather.url + path)
    document: dict[str, Any] = json.loads(body) if path.endswith(".json") else yaml.safe_load(body)

    assert document["openapi"].startswith(version)
    assert list(validator(document).iter_errors()) == []


def fuzz(server: Server, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run every check of schemathesis in every phase; the same requests each time."""
    (folder / "schemathesis.toml").write_text(CONFIG)
    (folder / "own_hooks.py").write_text(HOOKS)
    return subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json"),
            *("--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"),
            *("--max-examples", EXAMPLES, "--generation-deterministic", "--continue-on-failure", "--no-color"),
            *options,
        ],
        cwd=folder,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "own_hooks"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def test_no_answer_of_the_weather_plugin_contradicts_its_document(weather: Server, tmp_path: Path):
    done = fuzz(weather, tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Tested: {len(TOOLS)}" in done.stdout


def test_no_answer_of_a_plugin_that_writes_and_destroys_contradicts_its_document(tmp_path: Path):
    with serving("tests.external.notes:plugin") as server:
        done = fuzz(server, tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Tested: 4" in done.stdout


def test_no_operation_that_needs_sign_in_answers_without_and_none_contradicts_its_document(tmp_path: Path):
    database = f"sqlite:///{tmp_path / 'auth.db'}"
    with serving("tests.external.guarded:plugin", database_url=database) as server:
        settings = Settings(public_url=server.url, database_url=SecretStr(database))
        user = sign_in(settings, ["places:read", "places:write"], resource=f"{server.url}/mcp")
        done = fuzz(server, tmp_path, "--header", f"Authorization: Bearer {user.token}")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Tested: 4" in done.stdout
