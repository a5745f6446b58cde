"""The OpenAPI documents before a validator and a fuzzer that know nothing of this project."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from tests.external.servers import Server

EXAMPLES = "20"
SEED = "20260728"


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


def test_no_answer_contradicts_the_document(weather: Server, tmp_path: Path):
    fixed = ["--seed", SEED, "--max-examples", EXAMPLES, "--generation-deterministic"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{weather.url}/openapi.json"),
            *("--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", *fixed),
            *("--continue-on-failure", "--no-color"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
