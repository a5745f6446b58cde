"""Runs the official conformance suite and reads what it found."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

RUN_WITHIN: Final = 100.0
TIMESTAMP: Final = r"-\d{4}-\d{2}-\d{2}T[0-9-]+Z$"


@dataclass(frozen=True)
class Finding:
    """One check of one scenario."""

    scenario: str
    check: str
    status: str
    message: str


@dataclass(frozen=True)
class Report:
    """One run of the suite."""

    exit_code: int
    output: str
    findings: tuple[Finding, ...]

    def scenarios(self) -> set[str]:
        """The scenarios that ran."""
        return {finding.scenario for finding in self.findings}

    def failed(self, scenarios: set[str]) -> list[Finding]:
        """The failures within some scenarios."""
        return [found for found in self.findings if found.status == "FAILURE" and found.scenario in scenarios]


def required_scenarios(command: tuple[str, str], revision: str) -> set[str]:
    """What the suite's own frozen set asks of a server of one revision."""
    package = Path(command[1]).resolve().parents[1]
    listed = yaml.safe_load((package / "requirements" / f"{revision}.yaml").read_text())
    return set(listed["server"])


def expected_failures(baseline: Path) -> set[str]:
    """The scenarios that a baseline lets fail as a whole."""
    return {entry for entry in yaml.safe_load(baseline.read_text())["server"] if ":" not in entry}


def run(command: tuple[str, str], url: str, revision: str, out: Path, *more: str) -> Report:
    """Run one revision's requirements against a server."""
    arguments = ["server", "--url", url, "--requirements", revision, "--output-dir", str(out), *more]
    done = subprocess.run(
        [*command, *arguments],
        cwd=out,
        capture_output=True,
        text=True,
        timeout=RUN_WITHIN,
        check=False,
    )
    return Report(done.returncode, done.stdout + done.stderr, tuple(read(out)))


def read(out: Path, kind: str = "server") -> list[Finding]:
    """What a run left in its folder: one folder a scenario, named with what was tested and the time."""
    findings: list[Finding] = []
    for path in sorted(out.glob(f"{kind}-*/checks.json")):
        scenario = re.sub(TIMESTAMP, "", path.parent.name.removeprefix(f"{kind}-"))
        checks: list[dict[str, Any]] = json.loads(path.read_text())
        findings += [
            Finding(scenario, check["id"], check["status"], check.get("errorMessage") or "") for check in checks
        ]
    return findings
