"""Serving with several worker processes: this one supervises, and loads neither the plugin nor a server."""

import os
import secrets
import socket
import sys
from contextlib import nullcontext

from plugwright.cli.listening import announcement
from plugwright.cli.shared_metrics import shared_metrics
from plugwright.errors import SetupError
from plugwright.observe.logs import LogStyle, log_style, make_logger
from plugwright.serving.ending import Ending, ending_of
from plugwright.serving.supervisor import Supervisor, Terms
from plugwright.settings import Settings, load_settings

_WORKER = (sys.executable, "-m", "plugwright.cli.serving_worker")


def supervise(listening: socket.socket, workers: int) -> int:
    """Keep so many workers serving until told to stop; the exit code of the program.

    Raises:
        SetupError: this system cannot do that.
    """
    if not hasattr(os, "fork"):
        raise SetupError("--workers needs Linux or macOS; start several without it, each at a port of its own")
    os.environ["PLUGWRIGHT_DEVELOPMENT_SECRET"] = secrets.token_hex(32)
    settings = _settings()
    end = (ending_of(settings) if settings else Ending()).total
    supervisor = Supervisor(
        _WORKER,
        listening,
        Terms(workers, settings.start_timeout if settings else 60.0, end),
        on_ready=_announce,
        log=make_logger(log_style(settings) if settings else LogStyle("console")),
    )
    # The process that is being replaced has figures too, even where there is one at a time.
    with shared_metrics(workers + 1) if settings else nullcontext():
        return supervisor.run()


def _announce() -> None:
    sys.stderr.write(announcement())


def _settings() -> Settings | None:
    """The settings; nothing where one is wrong, which a worker tells together with what the plugin needs besides."""
    try:
        return load_settings()
    except SetupError:
        return None
