"""``plugwright worker``: a process that runs queued calls, and serves nothing."""

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from plugwright.cli.serve import Target

if TYPE_CHECKING:
    from plugwright.application import Application


def worker(
    target: Target,
    concurrency: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Jobs at a time.", envvar="PLUGWRIGHT_JOBS_CONCURRENCY"),
    ] = None,
) -> None:
    """Run the queued calls of a plugin, until told to stop; what runs then is handed back."""
    if concurrency is not None:
        os.environ["PLUGWRIGHT_JOBS_CONCURRENCY"] = str(concurrency)
    from plugwright.cli.shared_metrics import shared_metrics  # noqa: PLC0415 as below

    application = _application(target)
    with shared_metrics(1):
        asyncio.run(_work(application))


def _application(target: str) -> "Application":
    # What serves is loaded only where it is needed: other commands start fast.
    from plugwright.auth.production import load_checked_settings  # noqa: PLC0415
    from plugwright.cli.loading import load_plugin  # noqa: PLC0415
    from plugwright.errors import SetupError  # noqa: PLC0415
    from plugwright.observe.server_logs import configure_server_logs  # noqa: PLC0415

    plugin = load_plugin(target)
    settings = load_checked_settings(plugin.needs)
    if settings.is_production and settings.database_url.get_secret_value().startswith("sqlite"):
        raise SetupError(
            "PLUGWRIGHT_DATABASE_URL: is SQLite, which serves one process in production; a worker is another, "
            "so use PostgreSQL, or run no worker and set PLUGWRIGHT_JOBS=embedded"
        )
    configure_server_logs(settings)
    application = plugin.asgi(settings)
    if application.jobs is None:
        raise SetupError(f"{target} has no operation with background=True, so there is nothing for a worker to do")
    return application


async def _work(application: "Application") -> None:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    async with application.running(runs_jobs=True):
        sys.stderr.write("Worker    ready\n")
        await ending.wait()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)  # a second one ends it at once
