"""What the plugin gives Prometheus and Grafana is valid for them, and speaks of metrics that there are."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from plugwright.authoring.deploy.kinds import Kind
from tests.authoring.deploy.deploying import write
from tests.external.programs import prometheus_tool

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
UNIT_TESTS = Path(__file__).with_name("alerts_test.yaml")
SUFFIX = re.compile(r"_(bucket|sum|count)$")


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder with the files."""
    write(Kind.monitoring, "users", tmp_path)
    return tmp_path / "deploy/monitoring"


def promtool(*words: str | Path) -> str:
    """What promtool says that finds nothing wrong."""
    done = subprocess.run(
        [prometheus_tool("promtool"), *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def expressions(dashboard: Any) -> Iterator[str]:
    """Every query of a dashboard, with its variables filled in."""
    found = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    found += [note["expr"] for note in dashboard["annotations"]["list"]]
    for text in found:
        yield text.replace("$__rate_interval", "5m").replace("$job", ".*")


def metrics_in(expression: str) -> set[str]:
    """The metrics that a query names."""
    named = re.findall(r"\b(?:plugwright|process)_[a-z_]+", re.sub(r'"[^"]*"', "", expression))
    return {SUFFIX.sub("", name) for name in named}


def told() -> set[str]:
    """The metrics that there are, as the page about them has them, which its own test holds against a scrape."""
    return {
        SUFFIX.sub("", name) for name in re.findall(r"^\| `((?:plugwright|process)_[a-z_]+)` \|", PAGE, re.MULTILINE)
    }


def lost(given: Any, kept: Any, at: str = "") -> Iterator[str]:
    """What is not there any more, or is something else."""
    if isinstance(given, dict) and isinstance(kept, dict):
        for name, value in given.items():  # pyright: ignore[reportUnknownVariableType] any JSON
            yield from lost(value, kept.get(name), f"{at}.{name}")  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] any JSON
    elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):  # pyright: ignore[reportUnknownArgumentType] any JSON
        for number, (one, other) in enumerate(zip(given, kept, strict=True)):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] any JSON
            yield from lost(one, other, f"{at}[{number}]")
    elif given != kept:
        yield at


def through_the_schema(dashboard: Any) -> Any:
    """What Grafana's own types keep of a dashboard."""
    plugins.register_default_plugins()
    return json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))


def test_prometheus_takes_its_configuration_and_the_alerts(written: Path) -> None:
    assert "SUCCESS" in promtool("check", "config", written / "prometheus.yaml")


def test_every_alert_fires_when_it_should_and_not_when_it_should_not(written: Path) -> None:
    shutil.copy(UNIT_TESTS, written)

    assert "SUCCESS" in promtool("test", "rules", written / UNIT_TESTS.name)


def test_every_alert_is_among_those_that_fire_in_the_tests(written: Path) -> None:
    (group,) = yaml.safe_load((written / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    cases = yaml.safe_load(UNIT_TESTS.read_text(encoding="utf-8"))["tests"]
    firing = {case["alertname"] for each in cases for case in each["alert_rule_test"] if case["exp_alerts"]}

    assert {rule["alert"] for rule in group["rules"]} == firing


def test_alerts_speak_of_metrics_that_there_are(written: Path) -> None:
    (group,) = yaml.safe_load((written / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    named = set[str]().union(*(metrics_in(rule["expr"]) for rule in group["rules"]))

    assert len(named) > 15
    assert named <= told()


def test_the_dashboard_asks_for_metrics_that_there_are_in_the_language_of_prometheus(written: Path) -> None:
    asked = list(expressions(json.loads((written / "dashboard.json").read_text(encoding="utf-8"))))
    rules = [{"record": f"asked:{number}", "expr": text} for number, text in enumerate(asked)]
    (written / "asked.yaml").write_text(yaml.safe_dump({"groups": [{"name": "asked", "rules": rules}]}))

    assert f"{len(asked)} rules found" in promtool("check", "rules", written / "asked.yaml")
    assert set[str]().union(*map(metrics_in, asked)) <= told()


def test_the_dashboard_is_what_the_types_of_grafana_know(written: Path) -> None:
    dashboard = json.loads((written / "dashboard.json").read_text(encoding="utf-8"))
    broken = copy.deepcopy(dashboard)
    broken["panels"][1]["fieldConfig"]["defaults"]["colour"] = "red"

    assert list(lost(dashboard, through_the_schema(dashboard))) == []
    assert list(lost(broken, through_the_schema(broken))) == [".panels[1].fieldConfig.defaults.colour"]


def test_panels_lie_side_by_side_and_are_told_apart(written: Path) -> None:
    panels = json.loads((written / "dashboard.json").read_text(encoding="utf-8"))["panels"]
    cells = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
