#!/usr/bin/env python3
"""Serves the weather plugin, makes one real call, and says where everything is."""

from __future__ import annotations

import argparse
import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
READY_WITHIN = 30.0
STOP_WITHIN = 10.0
CALL = "/weather?city=Tokyo"
PLACES = (
    ("Landing page", "/"),
    ("One call", CALL),
    ("By any name", "/weather?city=" + quote("东京")),
    ("MCP", "/mcp"),
    ("OpenAPI 3.1", "/openapi.json"),
    ("OpenAPI 3.0.1", "/openapi.yaml"),
    ("Plugin manifest", "/.well-known/ai-plugin.json"),
)


class DemoError(Exception):
    """What keeps the demo from running, in one line."""


def say(text: str) -> None:
    """Write a line at once, also into a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def require_free(port: int) -> None:
    """Refuse a port that something else listens on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise DemoError(
                f"Port {port} on {HOST} is taken ({error.strerror}). "
                f'Stop what uses it, or choose another: make demo ARGS="--port {port + 1}"'
            ) from error


def start_server(port: int) -> subprocess.Popen[bytes]:
    """Start the weather plugin as a child process."""
    command = Path(sys.executable).with_name("plugwright")
    arguments = [str(command), "serve", "examples.weather.plugin:plugin", "--host", HOST, "--port", str(port)]
    # A session of its own, so that Ctrl-C reaches the server once: from stop(), not also from the terminal.
    return subprocess.Popen(arguments, cwd=ROOT, start_new_session=True)  # noqa: S603 - a fixed command


def get(port: int, path: str) -> tuple[int, str]:
    """Fetch one path from the served plugin."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path, headers={"Accept": "application/json"})
        reply = connection.getresponse()
        return reply.status, reply.read().decode()
    finally:
        connection.close()


def wait_until_live(server: subprocess.Popen[bytes], port: int) -> None:
    """Return when the server answers; raise when it ends or takes too long."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise DemoError(f"The server ended with code {server.returncode}; its own words are above.")
        try:
            if get(port, "/livez")[0] == http.HTTPStatus.OK:
                return
        except OSError:
            pass  # not listening yet
        time.sleep(0.05)
    raise DemoError(f"The server did not answer within {READY_WITHIN:.0f} seconds.")


def show(port: int) -> None:
    """Print where everything is, and the answer to one call."""
    base = f"http://{HOST}:{port}"
    status, body = get(port, CALL)
    if status != http.HTTPStatus.OK:
        raise DemoError(f"GET {CALL} answered {status}: {body}")
    width = max(len(title) for title, _ in PLACES)
    say("\nThe weather plugin is running.\n")
    for title, path in PLACES:
        say(f"  {title:<{width}}  {base}{path}")
    say(f"\n$ curl '{base}{CALL}'")
    say(json.dumps(json.loads(body), indent=2, ensure_ascii=False))
    say("\nCtrl-C stops it.")


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server gently, then surely."""
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def on_terminate(_signal: int, _frame: object) -> NoReturn:
    """Treat SIGTERM as Ctrl-C."""
    raise KeyboardInterrupt


def run(port: int) -> None:
    """Run the demo until it is stopped or the server ends."""
    require_free(port)
    signal.signal(signal.SIGTERM, on_terminate)
    server = start_server(port)
    try:
        wait_until_live(server, port)
        show(port)
        server.wait()
        raise DemoError(f"The server ended with code {server.returncode}; its own words are above.")
    except KeyboardInterrupt:
        say("\nStopping.")
    finally:
        stop(server)


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    try:
        run(parser.parse_args().port)
    except DemoError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
