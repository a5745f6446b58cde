"""What the processes of one command need to tell of their figures together."""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager

from plugwright.observe.metrics.listener import listen
from plugwright.settings import load_settings

_DIRECTORY = "PLUGWRIGHT_METRICS_DIRECTORY"


@contextmanager
def shared_metrics(processes: int) -> Generator[None]:
    """Check the port for metrics, and have a directory for the figures of several processes while the block runs.

    Raises:
        SetupError: a setting is wrong, or the port cannot be used.
    """
    settings = load_settings()
    if settings.metrics_port is not None:
        # Workers share it with whoever listens there already, so that has to be nobody.
        listen(settings.metrics_host, settings.metrics_port, shared=False).close()
    if settings.metrics_directory is not None:
        # It needs locks on files, which not every system has.
        from plugwright.observe.metrics.shared_directory import clean  # noqa: PLC0415

        clean(settings.metrics_directory)
        yield
        return
    if processes == 1 or os.name != "posix" or not settings.tells_metrics:
        yield
        return
    directory = os.environ[_DIRECTORY] = tempfile.mkdtemp(prefix="plugwright-metrics-")
    try:
        yield
    finally:
        shutil.rmtree(directory, ignore_errors=True)
