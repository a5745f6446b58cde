"""Serving a plugin in this process with uvicorn: shared by ``serve``, its workers and ``dev``."""

import logging
import os
import secrets
import socket
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import ChangeReload

from plugwright.application import Application
from plugwright.auth.production import load_checked_settings
from plugwright.cli.listening import TARGET
from plugwright.cli.loading import load_plugin
from plugwright.errors import SetupError
from plugwright.observe.server_logs import configure_server_logs
from plugwright.serving.bounds import Bounds, connections_within_files
from plugwright.serving.connection import Connection
from plugwright.serving.ending import ending_of
from plugwright.serving.server import Server
from plugwright.settings import load_settings

SHARED_SECRET = "PLUGWRIGHT_DEVELOPMENT_SECRET"  # noqa: S105 the name of a variable
_FACTORY = "plugwright.cli.serving:create_app"
_THREADS = 0.5  # seconds that threads have to end with the process


def create_app() -> Application:
    """The application of the plugin that the environment names."""
    configure_server_logs(load_settings())
    return load_plugin(os.environ[TARGET]).asgi()


def check() -> None:
    """Check the plugin and the settings before anything is served.

    Raises:
        SetupError: the plugin or a setting is wrong.
    """
    settings = load_checked_settings(load_plugin(os.environ[TARGET]).needs)
    if settings.secret is None:
        # Processes must open what their siblings sealed; production has refused by now.
        os.environ["PLUGWRIGHT_SECRET"] = os.environ.get(SHARED_SECRET) or secrets.token_hex(32)


def config(app: Application | str = _FACTORY, **options: Any) -> uvicorn.Config:
    """Uvicorn's configuration: its fastest parts, no access log (the plugin writes its own), bounded waits."""
    usual: dict[str, Any] = {
        "factory": isinstance(app, str),
        "http": partial(Connection, bounds=Bounds(connections_within_files(load_settings().max_connections))),
        "lifespan": "on",
        "access_log": False,
        "log_config": None,
        "proxy_headers": False,  # PLUGWRIGHT_TRUSTED_PROXY_HOPS says whom to believe
        "server_header": False,
        "timeout_graceful_shutdown": 1,  # where uvicorn itself ends a process: that of dev
        "ws": "none",
    }
    return uvicorn.Config(app, **(usual | options))


def serve_here(listening: socket.socket, control: socket.socket | None = None) -> None:
    """Serve in this process, which does nothing else, until it is told to stop.

    Raises:
        SetupError: the plugin did not start.
    """
    app = create_app()
    server = Server(config(app), app.life, ending_of(load_settings()), control)
    try:
        server.run(sockets=[listening])
    except SystemExit as ended:
        if ended.code == STARTUP_FAILURE:
            raise SetupError("the plugin did not start; the lines above say why") from None
        raise
    _leave_threads()


def _leave_threads() -> None:
    """End the process even if a handler that is a plain function has not returned: nobody waits for it any more."""
    until = time.monotonic() + _THREADS
    others = [found for found in threading.enumerate() if found is not threading.main_thread() and not found.daemon]
    for thread in others:
        thread.join(max(0.0, until - time.monotonic()))
    if any(thread.is_alive() for thread in others):
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def serve_and_reload(listening: socket.socket) -> None:
    """Serve in another process, which is started anew when a file changes."""
    here = str(Path.cwd())
    server_config = config(reload=True, reload_dirs=[here], reload_includes=["*.py", "*.html", "*.json"])
    ChangeReload(server_config, uvicorn.Server(server_config).run, [listening]).run()
