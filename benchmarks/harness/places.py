"""Where things lie: the project, its environments, the apps, and the files of a run."""

from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[1]
PROJECT = BENCHMARKS.parent
APPS = BENCHMARKS / "apps"
PINS = BENCHMARKS / "environments.toml"
RESULTS = BENCHMARKS / "RESULTS.md"
WORKSHOP = PROJECT / ".bench"
RUN = WORKSHOP / "run"
