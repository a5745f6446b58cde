"""An environment of its own for every peer, made with uv at the versions of ``environments.toml``."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import BenchError
from .places import PINS, PROJECT, WORKSHOP

OWN = "plugwright"


@dataclass(frozen=True)
class Environment:
    """A ready environment: its interpreter, and the versions of all that is in it."""

    name: str
    python: Path
    versions: dict[str, str]

    def script(self, name: str) -> Path:
        """Where a command of this environment lies."""
        return self.python.with_name(name)


def prepare(name: str) -> Environment:
    """Make the environment, unless it is already there with the same pins."""
    uv = _uv()
    home = WORKSHOP / name
    python = home / "bin" / "python"
    requirements = _requirements(name)
    stamp = home / "pins.sha256"
    digest = _digest(name, requirements)
    if not stamp.exists() or stamp.read_text(encoding="ascii") != digest:
        print(f"  making the environment {name}", flush=True)
        _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)])
        _run([uv, "pip", "install", "--quiet", "--python", str(python), *requirements])
        stamp.write_text(digest, encoding="ascii")
    listed = json.loads(_run([uv, "pip", "list", "--quiet", "--python", str(python), "--format", "json"]))
    return Environment(name, python, {package["name"]: package["version"] for package in listed})


def _requirements(name: str) -> list[str]:
    pins = tomllib.loads(PINS.read_text(encoding="utf-8"))
    own = ["--editable", str(PROJECT)] if name == OWN else []
    return [*pins["server"], *pins["packages"][name], *own]


def _digest(name: str, requirements: Sequence[str]) -> str:
    """Tell the pins apart; the interpreter counts too, and for the project its own dependencies."""
    project = (PROJECT / "pyproject.toml").read_text(encoding="utf-8") if name == OWN else ""
    return hashlib.sha256(json.dumps([sys.version, project, *requirements]).encode()).hexdigest()


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        message = "uv is not installed beside this Python; `make setup` installs it"
        raise BenchError(message)
    return found


def _run(command: Sequence[str]) -> str:
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        message = f"`{' '.join(command[1:4])}` failed: {done.stderr.strip()}"
        raise BenchError(message)
    return done.stdout
