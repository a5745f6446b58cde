"""What the figures were measured on. Nothing here names a path or a person."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from . import wrk
from .places import PROJECT


def facts(postgres: str | None) -> list[tuple[str, str]]:
    """Name and value of each fact, in the order in which they are shown; ``postgres``: its version, if it is used."""
    own = [("PostgreSQL", f"{postgres}, its usual settings, on the load generator's core")] if postgres else []
    return [
        ("measured on", datetime.now(UTC).strftime("%Y-%m-%d")),
        ("source", _revision()),
        ("processor", _processor()),
        ("cores", f"{os.cpu_count()} (server on one, load generator on the other)"),
        ("memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB"),
        ("kernel", f"{platform.system()} {platform.release()}"),
        ("system", platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("load before the run", f"{os.getloadavg()[0]:.2f}"),
        ("wrk", f"{wrk.version()}, 1 thread, {wrk.CONNECTIONS} connections"),
        *own,
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _revision() -> str:
    """The commit that was measured, and whether files differed from it."""
    commit = _git("rev-parse", "--short=12", "HEAD")
    if not commit:
        return "not a git checkout"
    changed = " with uncommitted changes" if _git("status", "--porcelain", "--", "src", "benchmarks/apps") else ""
    return f"commit {commit}{changed}"


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
