"""A plugin served by a real process on a free port, for clients that know nothing of this project."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

ROOT: Final = Path(__file__).parents[2]
PLUGWRIGHT: Final = str(Path(sys.executable).with_name("plugwright"))
WEATHER: Final = "examples.weather.plugin:plugin"
HOST: Final = "127.0.0.1"
READY_WITHIN: Final = 30.0
STOP_WITHIN: Final = 10.0


@dataclass(frozen=True)
class Server:
    """Where a served plugin is reached."""

    port: int
    pid: int = 0

    @property
    def resident_bytes(self) -> int:
        """The memory that its process holds."""
        pages = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def url(self) -> str:
        """The plugin's own address."""
        return f"http://{HOST}:{self.port}"

    @property
    def mcp(self) -> str:
        """Where it speaks the Model Context Protocol."""
        return f"{self.url}/mcp"


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def environment() -> dict[str, str]:
    """This process's environment without what would change how a plugin is served."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PLUGWRIGHT_", "WEATHER_", "OPEN_METEO_"))
    }
    return {**kept, "PYTHONUNBUFFERED": "1"}


@contextlib.contextmanager
def serving(target: str, **settings: str) -> Generator[Server]:
    """Serve a plugin while the block runs; its output is shown when it does not start or dies."""
    given = {f"PLUGWRIGHT_{name.upper()}": value for name, value in settings.items()}
    server = Server(free_port())
    arguments = [PLUGWRIGHT, "serve", target, "--host", HOST, "--port", str(server.port)]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            arguments, cwd=ROOT, env=environment() | given, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            wait_until_live(process, server, output)
            yield Server(server.port, process.pid)
            if process.poll() is not None:
                raise died(process, output)
        finally:
            stop(process)


def wait_until_live(process: subprocess.Popen[bytes], server: Server, output: IO[bytes]) -> None:
    """Return when the server answers its liveness probe."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise died(process, output)
        if is_live(server):
            return
        time.sleep(0.02)
    raise AssertionError(f"{server.url} did not answer in {READY_WITHIN} s:\n{text_of(output)}")


def is_live(server: Server) -> bool:
    """Whether the liveness probe answers 200."""
    connection = http.client.HTTPConnection(HOST, server.port, timeout=2)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server gently, then surely."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def died(process: subprocess.Popen[bytes], output: IO[bytes]) -> AssertionError:
    """What to raise for a server that ended by itself."""
    return AssertionError(f"The server ended with code {process.returncode}:\n{text_of(output)}")


def text_of(output: IO[bytes]) -> str:
    """All that a server wrote so far."""
    output.seek(0)
    return output.read().decode(errors="replace")
