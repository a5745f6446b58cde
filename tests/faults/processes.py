"""Servers in processes of their own, on one database."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Generator
from typing import IO

from tests.external.servers import HOST, PLUGWRIGHT, ROOT, Server, environment, free_port, stop, wait_until_live
from tests.faults.notes import PUBLIC_URL, TARGET


@contextlib.contextmanager
def two_servers(database_url: str) -> Generator[tuple[Server, Server]]:
    """Two ``plugwright serve`` that know of each other by the database only."""
    settings = {
        "PLUGWRIGHT_DATABASE_URL": database_url,
        "PLUGWRIGHT_PUBLIC_URL": PUBLIC_URL,
        "PLUGWRIGHT_SECRET": "a secret of these tests, long enough to be one",
        "PLUGWRIGHT_CALL_LOG": "false",
    }
    with contextlib.ExitStack() as started:
        servers = [_start(started, settings) for _ in range(2)]
        for server, process, output in servers:
            wait_until_live(process, server, output)
        yield servers[0][0], servers[1][0]


def _start(
    started: contextlib.ExitStack, settings: dict[str, str]
) -> tuple[Server, subprocess.Popen[bytes], IO[bytes]]:
    server = Server(free_port())
    output = started.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 the stack closes it
    process = subprocess.Popen(
        [PLUGWRIGHT, "serve", TARGET, "--host", HOST, "--port", str(server.port)],
        cwd=ROOT,
        env={**environment(), **settings},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
    )
    started.callback(stop, process)
    return server, process, output
