"""A server in a process of its own that can be killed, and started again at once.

Its process is forked from one that has imported everything already, so that hundreds of starts take little time.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import socket
from collections.abc import Generator
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from typing import Final

import uvicorn
from pydantic import SecretStr

from plugwright.serving.connection import Connection
from plugwright.settings import Settings
from tests.external.servers import HOST
from tests.faults.notes import PUBLIC_URL, plugin

NOW: Final = 1_800_000_000.0
"""The time, which stands still: an answer can be repeated for ten seconds, however slow the machine."""

_END_WITHIN: Final = 10.0
_IMPORTED_LATE: Final = (
    "alembic.command",
    "plugwright.auth.service",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
    "psycopg",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
)


@dataclass(frozen=True, slots=True)
class Victim:
    """A running server."""

    url: str
    _process: ForkServerProcess

    def kill(self) -> None:
        """End its process this very moment; it notices nothing."""
        pid = self._process.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    def wait(self) -> None:
        """Return when its process is gone."""
        self._process.join(_END_WITHIN)
        assert self._process.exitcode == -signal.SIGKILL, f"it ended by itself with {self._process.exitcode}"


@contextlib.contextmanager
def victim(database_url: str) -> Generator[Victim]:
    """A server, whose first connections wait until it has started."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, *_IMPORTED_LATE])
    with socket.create_server((HOST, 0)) as listening:
        url = f"http://{HOST}:{listening.getsockname()[1]}"
        process = context.Process(target=_serve, args=(listening, database_url), daemon=True)
        process.start()
    try:
        yield Victim(url, process)
    finally:
        process.kill()
        process.join(_END_WITHIN)


def _serve(listening: socket.socket, database_url: str) -> None:
    settings = Settings(
        public_url=PUBLIC_URL,
        secret=SecretStr("a secret of these tests, long enough to be one"),
        database_url=SecretStr(database_url),
        call_log=False,
    )
    app = plugin.asgi(settings, now=lambda: NOW)
    config = uvicorn.Config(app, http=Connection, lifespan="on", log_config=None, access_log=False, ws="none")
    uvicorn.Server(config).run(sockets=[listening])
