"""Servers and workers in processes of their own, which the tests kill."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.external.servers import (
    HOST,
    PLUGWRIGHT,
    ROOT,
    Server,
    environment,
    stop,
    text_of,
    wait_until_live,
)
from tests.faults.jobs.reports import FILE_VARIABLE, TARGET, begun_by


@dataclass
class Processes:
    """All that a test has started, with the same settings."""

    settings: Mapping[str, str]
    output: IO[bytes]
    file: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    def worker(self) -> subprocess.Popen[bytes]:
        """Start a worker."""
        return self._start("worker", TARGET)

    def server(self, port: int) -> subprocess.Popen[bytes]:
        """Start a server, which is live when this returns."""
        process = self._start("serve", TARGET, "--host", HOST, "--port", str(port))
        wait_until_live(process, Server(port), self.output)
        return process

    def has_begun(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether a process has begun a job."""
        assert process.poll() is None, text_of(self.output)
        return process.pid in begun_by(self.file)

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [PLUGWRIGHT, *arguments],
            cwd=ROOT,
            env={**environment(), **self.settings},
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=self.output,
        )
        self.started.append(process)
        return process


@contextlib.contextmanager
def processes(folder: Path, **settings: str) -> Generator[Processes]:
    """Start processes with these settings; all are ended with the block."""
    file = folder / "begun"
    file.touch()
    given = {f"PLUGWRIGHT_{name.upper()}": value for name, value in settings.items()}
    with tempfile.TemporaryFile() as output:
        running = Processes({**given, FILE_VARIABLE: str(file), "PLUGWRIGHT_CALL_LOG": "false"}, output, file)
        try:
            yield running
        finally:
            for process in running.started:
                stop(process)
