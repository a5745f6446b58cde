"""A server process of a run: started on its core, waited for, looked at and ended."""

import os
import socket
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .cores import SERVER_CORE, pinned
from .errors import BenchError
from .places import APPS, RUN

START_LIMIT_SECONDS = 60
STOP_LIMIT_SECONDS = 10


@dataclass(frozen=True)
class Program:
    """What to start. ``{port}`` in the command or the environment becomes the port to listen on."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Server:
    """A server that is up."""

    port: int
    pid: int

    def rss_mb(self) -> float:
        """Resident memory of the process and its children, in MB of 10^6 bytes."""
        return sum(_rss_bytes(pid) for pid in _family(self.pid)) / 1e6

    def cpu_seconds(self) -> float:
        """Processor time that the process has used so far, in user and kernel mode."""
        after_name = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def uvicorn(name: str, python: Path, target: str, environment: Mapping[str, str]) -> Program:
    """Serve an app of ``benchmarks/apps`` the one way that every subject is served."""
    command = [
        str(python),
        "-m",
        "uvicorn",
        "--app-dir",
        str(APPS),
        "--host",
        "127.0.0.1",
        "--port",
        "{port}",
    ]
    command += ["--workers", "1", "--loop", "uvloop", "--http", "httptools"]
    command += ["--no-access-log", "--log-level", "warning", target]
    return Program(name, command, environment)


def plugwright_serve(name: str, script: Path, target: str, environment: Mapping[str, str]) -> Program:
    """Serve a plugin of ``benchmarks/apps`` as its author would, with Plugwright's own command."""
    command = [str(script), "serve", target, "--host", "127.0.0.1", "--port", "{port}"]
    return Program(name, command, environment)


@contextmanager
def serving(program: Program, core: int = SERVER_CORE) -> Generator[Server, None, None]:
    """Start a server, hand it over once it accepts connections, and end it afterwards."""
    port = _free_port()
    command = [part.replace("{port}", str(port)) for part in program.command]
    environment = {name: value.replace("{port}", str(port)) for name, value in program.environment.items()}
    log = RUN / f"{program.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            pinned(core, command),
            env={**clean_environment(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_up(process, port, program.name, log)
        yield Server(port, process.pid)
    finally:
        _end(process)


def clean_environment() -> dict[str, str]:
    """Leave out the settings of whoever runs the benchmark, so that they change no figure."""
    kept = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", "PYTHONPATH": str(APPS)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_up(process: subprocess.Popen[bytes], port: int, name: str, log: Path) -> None:
    limit = time.monotonic() + START_LIMIT_SECONDS
    while time.monotonic() < limit and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
    message = f"{name} did not come up:\n{tail}"
    raise BenchError(message)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(member for child in children for member in _family(int(child)))]


def _rss_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0
