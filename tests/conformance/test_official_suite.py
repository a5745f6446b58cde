"""The official conformance suite against a served plugin, both eras."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance import suite
from tests.external.servers import serving

FIXTURE = "tests.conformance.everything:plugin"
BASELINE = Path(__file__).with_name("expected-failures-2025-11-25.yml")


@pytest.fixture(scope="module")
def modern(conformance: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> suite.Report:
    """One run of everything that the 2026-07-28 set lists."""
    with serving(FIXTURE) as server:
        return suite.run(conformance, server.mcp, "2026-07-28", tmp_path_factory.mktemp("modern"))


def test_every_required_scenario_of_2026_07_28_passes(conformance: tuple[str, str], modern: suite.Report):
    required = suite.required_scenarios(conformance, "2026-07-28")

    assert modern.failed(required) == []
    assert modern.exit_code == 0, modern.output
    assert required <= modern.scenarios()


@pytest.mark.parametrize(
    "scenario",
    ["json-schema-2020-12", "http-header-validation", "http-custom-header-server-validation"],
)
def test_scenarios_that_the_suite_does_not_score_yet_pass_too(modern: suite.Report, scenario: str):
    assert scenario in modern.scenarios()
    assert modern.failed({scenario}) == []


def test_2025_11_25_fails_only_where_a_server_would_have_to_send_requests(conformance: tuple[str, str], tmp_path: Path):
    required = suite.required_scenarios(conformance, "2025-11-25")
    allowed = suite.expected_failures(BASELINE)

    with serving(FIXTURE) as server:
        report = suite.run(conformance, server.mcp, "2025-11-25", tmp_path, "--expected-failures", str(BASELINE))

    assert report.failed(required - allowed) == []
    assert {finding.scenario for finding in report.failed(required)} == allowed
    assert report.exit_code == 0, report.output
    assert required <= report.scenarios()
