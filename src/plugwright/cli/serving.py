"""Starting uvicorn on a plugin: shared by ``serve`` and ``dev``."""

import os
import secrets
import socket
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import ChangeReload, Multiprocess

from plugwright.application import Application
from plugwright.auth.production import load_checked_settings
from plugwright.cli.loading import load_plugin
from plugwright.errors import SetupError
from plugwright.observe.server_logs import configure_server_logs
from plugwright.serving.bounds import Bounds, connections_within_files
from plugwright.serving.connection import Connection
from plugwright.settings import load_settings

_TARGET = "PLUGWRIGHT_TARGET"
_GRACE = 30  # seconds for calls in progress at the end


def create_app() -> Application:
    """The application of the plugin that the environment names; what each worker process runs."""
    configure_server_logs(load_settings())
    return load_plugin(os.environ[_TARGET]).asgi()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        SetupError: the address cannot be used; the message says why.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError as error:
        raise SetupError(f"cannot listen on {host}:{port}: {error.strerror}; choose another with --port") from None
    listening.listen(2048)
    listening.set_inheritable(True)
    return listening


def prepare(target: str, host: str, port: int, public_url: str | None) -> socket.socket:
    """Check plugin, settings and address before anything is served, and hand them on by environment.

    Raises:
        SetupError: the plugin, a setting or the address is wrong.
    """
    listening = listen(host, port)
    if public_url is not None:
        os.environ["PLUGWRIGHT_PUBLIC_URL"] = public_url
    elif "PLUGWRIGHT_PUBLIC_URL" not in os.environ:
        shown = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104 compared, not bound
        shown = f"[{shown}]" if ":" in shown else shown
        os.environ["PLUGWRIGHT_PUBLIC_URL"] = f"http://{shown}:{listening.getsockname()[1]}"
    os.environ[_TARGET] = target
    settings = load_checked_settings(load_plugin(target).needs)
    if settings.secret is None:
        # Workers must open what their siblings sealed; production has refused by now.
        os.environ["PLUGWRIGHT_SECRET"] = secrets.token_hex(32)
    return listening


def config(**options: Any) -> uvicorn.Config:
    """Uvicorn's configuration: its fastest parts, no access log (the plugin writes its own), bounded waits."""
    usual: dict[str, Any] = {
        "factory": True,
        "http": partial(Connection, bounds=Bounds(connections_within_files(load_settings().max_connections))),
        "lifespan": "on",
        "access_log": False,
        "log_config": None,
        "proxy_headers": False,  # PLUGWRIGHT_TRUSTED_PROXY_HOPS says whom to believe
        "server_header": False,
        "timeout_graceful_shutdown": _GRACE,
        "ws": "none",
    }
    return uvicorn.Config("plugwright.cli.serving:create_app", **(usual | options))


def run(server_config: uvicorn.Config, listening: socket.socket) -> None:
    """Serve until told to stop, with one process, several, or one that restarts when a file changes."""
    if server_config.should_reload:
        ChangeReload(server_config, uvicorn.Server(server_config).run, [listening]).run()
    elif server_config.workers > 1:
        Multiprocess(server_config, [listening]).run()
    else:
        _run_one(server_config, listening)


def _run_one(server_config: uvicorn.Config, listening: socket.socket) -> None:
    try:
        uvicorn.Server(server_config).run(sockets=[listening])
    except SystemExit as ended:
        if ended.code == STARTUP_FAILURE:
            raise SetupError("the plugin did not start; the lines above say why") from None
        raise


def announce(public_url: str) -> str:
    """What a person sees when the server starts."""
    rows = {
        "Plugin": public_url,
        "MCP": f"{public_url}/mcp",
        "OpenAPI": f"{public_url}/openapi.json",
        "Manifest": f"{public_url}/.well-known/ai-plugin.json",
    }
    return "".join(f"{name:<9} {url}\n" for name, url in rows.items())


def working_directory() -> str:
    """Where ``dev`` looks for changes."""
    return str(Path.cwd())
