"""Running the command line: in this process where that is the same, in one of its own where it is not."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from plugwright.cli.main import run

ROOT = Path(__file__).parents[2]
PROGRAM = str(Path(sys.executable).with_name("plugwright"))
PATIENCE = 20.0  # seconds; a bound for a busy machine, never waited for in full when all is well
PLUGIN = '''
"""A plugin for the tests of the command line."""
from typing import Annotated
from pydantic import BaseModel, Field
from plugwright import NotFound
from tests.operations.plugins import new_plugin

plugin = new_plugin(title="Sample")
number = 5

class Stop(BaseModel):
    city: str
    nights: int = 1

@plugin.operation(effect="read", open_world=False)
async def add(a: int, b: Annotated[float, Field(description="Another number.")] = 0.5, minus: bool = False) -> float:
    """Add two numbers [or take one from the other]."""
    return a - b if minus else a + b

@plugin.operation(effect="write", open_world=True)
def plan_route(stops: list[Stop], home: Stop | None = None, tags: list[str] = []) -> dict[str, object]:
    """Plan a route."""
    return {"cities": [stop.city for stop in stops], "home": home and home.city, "tags": tags}

@plugin.operation(effect="destroy", open_world=False)
def forget(city: str) -> None:
    """Forget a city."""
    if city == "Atlantis":
        raise NotFound("No city called 'Atlantis'", details=[{"field": "city", "problem": "unknown"}])
    if city == "Pompeii":
        raise RuntimeError("the mountain")
'''


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def is_one_clear_line(self) -> bool:
        """Whether it ended as what a person can mend ends."""
        is_line = self.err.startswith("plugwright: ") and self.err.count("\n") == 1
        return self.code == 2 and is_line and not self.out and "Traceback" not in self.err


class Folder:
    """A folder of an author, with a plugin in it."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        # Set and taken away again, so that what a command leaves in the environment goes at the end.
        for name in ("TARGET", "PUBLIC_URL", "SECRET", "CALL_LOG", "LOG_STYLE", "WORKERS"):
            monkeypatch.setenv(f"PLUGWRIGHT_{name}", "")
            monkeypatch.delenv(f"PLUGWRIGHT_{name}")
        monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'src'}{os.pathsep}{ROOT}")
        monkeypatch.chdir(path)
        self.write("sample.py", PLUGIN)

    def write(self, name: str, text: str) -> None:
        """Write a file of the author's."""
        (self.path / name).write_text(text, encoding="utf-8")

    def run(self, *words: str) -> Ended:
        """Run a command in this process."""
        self._monkeypatch.setattr(sys, "argv", ["plugwright", *words])
        self._monkeypatch.setattr(sys, "path", list(sys.path))
        self._capsys.readouterr()
        code = 0
        try:
            run()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        finally:
            self._forget_modules()
        captured = self._capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start a command in a process of its own."""
        return subprocess.Popen(
            [PROGRAM, *words],
            cwd=self.path,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run_alone(self, *words: str) -> Ended:
        """Run a command in a process of its own, to its end."""
        process = self.start(*words)
        out, err = process.communicate(timeout=PATIENCE)
        return Ended(process.returncode, out, err)

    def _forget_modules(self) -> None:
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None) or "").startswith(str(self.path)):
                del sys.modules[name]


@contextmanager
def serving(folder: Folder, *words: str) -> Generator[tuple[int, "subprocess.Popen[str]"]]:
    """A serving command on a free port, from its first answer on; gives the port and the process."""
    process = folder.start(*words, "--port", "0")
    try:
        yield announced_port(process), process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=PATIENCE)


def announced_port(process: "subprocess.Popen[str]") -> int:
    """The port that a serving command says it listens on."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Plugin "):
            return int(line.rsplit(":", 1)[1])
    raise AssertionError(f"it ended with code {process.wait()} and announced nothing")


def get(port: int, target: str, host: str = "127.0.0.1", forwarded: str | None = None) -> tuple[int, str]:
    """Status and body of one GET for a host; waits while nobody answers."""
    headers = {"Host": host} | ({} if forwarded is None else {"X-Forwarded-For": forwarded})
    until = time.monotonic() + PATIENCE
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request("GET", target, headers=headers)
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        finally:
            connection.close()
