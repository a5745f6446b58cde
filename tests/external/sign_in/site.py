"""A plugin that people sign in to, served by `plugwright serve`, with what its operator would set up."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from tests.external.servers import (
    HOST,
    PLUGWRIGHT,
    ROOT,
    Server,
    died,
    environment,
    free_port,
    stop,
    text_of,
    wait_until_live,
)

PROTECTED: Final = "tests.external.sign_in.notes:protected"
MIXED: Final = "tests.external.sign_in.notes:mixed"
USERNAME: Final = "ada"
DISPLAY_NAME: Final = "Ada Lovelace"
PASSWORD: Final = "correct horse battery"  # noqa: S105 of an account that these tests make
SECRET: Final = "0123456789abcdef0123456789abcdef-of-this-test"  # noqa: S105 of the servers of these tests
COMMAND_WITHIN: Final = 60.0


@dataclass(frozen=True)
class Operator:
    """Somebody who has the server's settings and the command line."""

    settings: dict[str, str]

    def run(self, *words: str, given: str = "") -> Any:
        """What a command prints as JSON."""
        return json.loads(self.do(*words, "--json", given=given))

    def do(self, *words: str, given: str = "") -> str:
        """What a command prints."""
        done = subprocess.run(
            [PLUGWRIGHT, *words],
            cwd=ROOT,
            env=self.settings,
            input=given,
            capture_output=True,
            text=True,
            timeout=COMMAND_WITHIN,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def add_user(self) -> str:
        """The id of a new account."""
        added = self.run("users", "add", USERNAME, "--display-name", DISPLAY_NAME, given=f"{PASSWORD}\n")
        return str(added["id"])


@dataclass(frozen=True)
class Site:
    """A served plugin, the account that can sign in, and what its operator can do."""

    server: Server
    operator: Operator
    account_id: str
    output: IO[bytes]

    @property
    def url(self) -> str:
        """The plugin's own address, which is its issuer too."""
        return self.server.url

    @property
    def mcp(self) -> str:
        """Where it speaks the Model Context Protocol; the resource that tokens are for."""
        return self.server.mcp

    @property
    def log(self) -> str:
        """All that the server wrote so far."""
        return text_of(self.output)


@contextlib.contextmanager
def serving(target: str, more: Mapping[str, str] | None = None, **settings: str) -> Generator[Site]:
    """Serve a plugin with an account in a database of its own.

    Args:
        target: the plugin.
        more: what else is in the environment of its process.
        settings: its settings, named without their prefix.
    """
    server = Server(free_port())
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as output:
        given = {"secret": SECRET, "database_url": f"sqlite:///{Path(folder) / 'plugin.db'}"} | settings
        everything = environment() | {f"PLUGWRIGHT_{name.upper()}": value for name, value in given.items()}
        everything |= more or {}
        operator = Operator(everything)
        operator.do("db", "upgrade")
        account_id = operator.add_user()
        process = subprocess.Popen(
            [PLUGWRIGHT, "serve", target, "--host", HOST, "--port", str(server.port)],
            cwd=ROOT,
            env=everything,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            wait_until_live(process, server, output)
            yield Site(server, operator, account_id, output)
            if process.poll() is not None:
                raise died(process, output)
        finally:
            stop(process)
