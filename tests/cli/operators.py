"""What an operator has: a folder whose database the commands use, standard input, and a terminal."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection

from plugwright.store import audit, grants, token_requests
from plugwright.store.database import Database
from plugwright.store.grants import Approval
from plugwright.store.token_requests import CodeUse, Issued, Lifetimes
from tests.cli.commands import PATIENCE, PROGRAM, Ended, Folder

ResultT = TypeVar("ResultT")

PASSWORD = "correct horse battery"  # noqa: S105 of accounts that tests make
URL = "sqlite:///plugwright.db"
RESOURCE = "https://weather.example/mcp"
CALLBACK = "https://chatgpt.com/connector_platform_oauth_redirect"
# Makes the terminal the one that Ctrl-C comes from, then becomes the program.
AT_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)


class Operator:
    """Runs commands in a folder, and looks into the database that they use."""

    def __init__(self, folder: Folder, monkeypatch: pytest.MonkeyPatch, url: str = URL) -> None:
        self.folder = folder
        self.path = folder.path
        self.url = url
        self._monkeypatch = monkeypatch
        for name in ("ENV", "ENVIRONMENT", "DATABASE_URL", "DATABASE_URL_FILE"):
            monkeypatch.delenv(f"PLUGWRIGHT_{name}", raising=False)
        if url != URL:
            monkeypatch.setenv("PLUGWRIGHT_DATABASE_URL", url)

    def run(self, *words: str, given: str | bytes = "") -> Ended:
        """Run a command with this on its standard input."""
        raw = given.encode() if isinstance(given, str) else given
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
        return self.folder.run(*words)

    def asks(self, *words: str) -> Any:
        """What a command prints as JSON."""
        ended = self.run(*words, "--json")
        assert (ended.code, ended.err) == (0, "")
        return json.loads(ended.out)

    def add_user(self, name: str, password: str = PASSWORD) -> str:
        """Add an account; its id."""
        ended = self.run("users", "add", name, "--json", given=password)
        assert ended.code == 0, ended
        return json.loads(ended.out)["id"]

    def add_client(self, *words: str) -> str:
        """Add a client; its id."""
        return self.asks("clients", "add", *words)["client_id"]

    def looks(self, work: Callable[[Connection], ResultT]) -> ResultT:
        """The result of one transaction with the database."""
        with self.database() as database:
            return database.run(work, writes=True)

    def events(self) -> list[tuple[str, str | None, str | None]]:
        """What the audit log tells of operators: event, subject and client, the first one first."""
        entries = reversed(self.looks(lambda c: audit.recent(c, 100)))
        return [
            (entry.event, entry.subject, entry.client_id)
            for entry in entries
            if (entry.outcome, entry.detail.get("by")) == ("ok", "operator")
        ]

    def give_access(self, account_id: str, client_id: str) -> tuple[str, str]:
        """Let a user allow a client something; the access and the refresh token."""
        now = time.time()
        approval = Approval(account_id, client_id, frozenset({"places:read"}), RESOURCE, CALLBACK, None, os.urandom(32))

        def work(c: Connection) -> Issued | token_requests.Refused:
            code = grants.approve(c, approval, now=now, lifetime=3600)
            return token_requests.redeem(c, CodeUse(client_id, code, CALLBACK, None, None), Lifetimes(600, 3600), now)

        issued = self.looks(work)
        assert isinstance(issued, Issued)
        answer = json.loads(issued.answer)
        return answer["access_token"], answer["refresh_token"]

    @contextmanager
    def database(self) -> Generator[Database]:
        """The database that the commands use."""
        database = Database(self.url)
        try:
            yield database
        finally:
            database.close()

    @contextmanager
    def terminal(self, *words: str) -> Generator[Terminal]:
        """A command in a process of its own, at a terminal."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-c", AT_TERMINAL, PROGRAM, *words],
            cwd=self.path,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        try:
            yield Terminal(ours, process)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(PATIENCE)
            os.close(ours)


class Terminal:
    """What a person at the terminal of a process sees and types."""

    def __init__(self, ours: int, process: subprocess.Popen[bytes]) -> None:
        self._ours = ours
        self._process = process
        self._seen = b""
        self._read = 0

    def answer(self, prompt: str, keys: str) -> None:
        """Wait for a prompt, and type."""
        while prompt.encode() not in self._seen[self._read :]:
            assert self._has_more(), f"no {prompt!r} in {self._seen!r}"
        self._read = self._seen.index(prompt.encode(), self._read) + len(prompt)
        os.write(self._ours, keys.encode())

    def end(self) -> tuple[int, str]:
        """Wait for the end; the exit code, and all that was to be seen."""
        while self._has_more():
            pass
        return self._process.wait(PATIENCE), self._seen.decode()

    def _has_more(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], PATIENCE)
        assert ready, f"nothing more after {self._seen!r}"
        part = b""
        with contextlib.suppress(OSError):  # Linux: the other side is closed
            part = os.read(self._ours, 4096)
        self._seen += part
        return bool(part)
