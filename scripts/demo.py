#!/usr/bin/env python3
"""Serves the weather plugin with an account to try, makes one real call, and says where everything is."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from hmac import digest
from http import HTTPStatus
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from demo_sign_in import HOST, Plugin, SignInFailed, waiting_for_sign_in

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN = 30.0
STOP_WITHIN = 10.0
CALL = "/weather?city=Tokyo"
BODY = '{"name": "home", "city": "Oslo"}'
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


def environment(folder: str, secret: str) -> dict[str, str]:
    """This environment with an account, a secret and a database that last as long as the demo."""
    own = {
        "PLUGWRIGHT_DEMO_ACCOUNT": "true",
        "PLUGWRIGHT_SECRET": secret,
        "PLUGWRIGHT_DATABASE_URL": f"sqlite:///{folder}/demo.db",
    }
    return {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in own} | own


def password_of(secret: str) -> str:
    """The demo account's password, as the plugin derives it from its secret."""
    return digest(secret.encode(), b"plugwright demo password", sha256).hex()[:16]


def start_server(port: int, environ: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start the weather plugin as a child process."""
    command = Path(sys.executable).with_name("plugwright")
    arguments = [str(command), "serve", "examples.weather.plugin:plugin", "--host", HOST, "--port", str(port)]
    # A session of its own, so that Ctrl-C reaches the server once: from stop(), not also from the terminal.
    return subprocess.Popen(arguments, cwd=ROOT, env=environ, start_new_session=True)  # noqa: S603 - a fixed command


def wait_until_live(server: subprocess.Popen[bytes], plugin: Plugin) -> None:
    """Return when the server answers; raise when it ends or takes too long."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise DemoError(f"The server ended with code {server.returncode}; its own words are above.")
        try:
            if plugin.request("GET", "/livez")[0] == HTTPStatus.OK:
                return
        except OSError:
            pass  # not listening yet
        time.sleep(0.05)
    raise DemoError(f"The server did not answer within {READY_WITHIN:.0f} seconds.")


def show(plugin: Plugin) -> None:
    """Print where everything is, and the answer to one call."""
    base = plugin.public_url
    status, body = plugin.request("GET", CALL)
    if status != HTTPStatus.OK:
        raise DemoError(f"GET {CALL} answered {status}: {body}")
    width = max(len(title) for title, _ in PLACES)
    say("\nThe weather plugin is running.\n")
    for title, path in PLACES:
        say(f"  {title:<{width}}  {base}{path}")
    say(f"\n$ curl '{base}{CALL}'")
    say(json.dumps(json.loads(body), indent=2, ensure_ascii=False))


def show_sign_in(plugin: Plugin, address: str, password: str) -> None:
    """Print how to try what needs sign-in."""
    say("\nWeather is for everybody; saved places need sign-in. Without it, an assistant is told where to go:\n")
    say(f"$ curl -i {plugin.public_url}/places")
    say("\nSign in as an assistant's user would, and get a token here:\n")
    say(f"  Open      {address}")
    say("  Username  demo")
    say(f"  Password  {password}")
    say("\nCtrl-C stops the demo. Account, tokens and places are then forgotten.")


def show_token(plugin: Plugin, token: str) -> None:
    """Print calls with a token that somebody just got."""
    places, bearer = f"{plugin.public_url}/places", '-H "Authorization: Bearer $TOKEN"'
    say(f"\nSomebody signed in. For the next hour, in another terminal:\n\nTOKEN={token}")
    say(f"curl {places} {bearer} -H 'Content-Type: application/json' -d '{BODY}'")
    say(f"curl {places} {bearer}")
    say(f"curl -X DELETE {places}/home {bearer}\n")


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
    plugin = Plugin(port, os.environ.get("PLUGWRIGHT_PUBLIC_URL", "").rstrip("/") or f"http://{HOST}:{port}")
    secret = secrets.token_hex(32)
    with tempfile.TemporaryDirectory(prefix="plugwright-demo-") as folder:
        server = start_server(port, environment(folder, secret))
        try:
            wait_until_live(server, plugin)
            show(plugin)
            with waiting_for_sign_in(plugin, lambda token: show_token(plugin, token)) as address:
                show_sign_in(plugin, address, password_of(secret))
                server.wait()
            raise DemoError(f"The server ended with code {server.returncode}; its own words are above.")
        except SignInFailed as failed:
            raise DemoError(str(failed)) from failed
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
