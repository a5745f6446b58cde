"""Figures of the process itself, under the names that Prometheus' own client libraries give them."""

import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

from plugwright.observe.metrics.families import Family, Metric, Values, counter, gauge, one
from plugwright.version import __version__

_SELF = Path("/proc/self")
_PLUGIN = ("version", "plugin", "plugin_version", "python")


def process_metrics(plugin: str, plugin_version: str) -> list[Metric]:
    """What the operating system and the interpreter tell."""
    built = (__version__, plugin, plugin_version, platform.python_version())
    began = time.time()
    start = Family("process_start_time_seconds", "gauge", "When the oldest process began, since the epoch.", (), "min")
    return [
        Metric(Family("plugwright_build", "info", "What is served, and by what.", _PLUGIN, "max"), lambda: {built: 1}),
        gauge("plugwright_processes", "Processes that serve the plugin.", one(lambda: 1)),
        counter("plugwright_process_starts", "Processes that have begun to serve the plugin.", one(lambda: 1)),
        counter("process_cpu_seconds", "Processor time, in seconds.", one(time.process_time)),
        gauge("process_resident_memory_bytes", "Memory in use, in bytes.", _where_known(_resident)),
        gauge("process_open_fds", "Open file descriptors.", _where_known(_open_files)),
        gauge("process_max_fds", "File descriptors that may be open.", _where_known(_most_files)),
        Metric(start, one(lambda: began)),
    ]


def _where_known(read: Callable[[], float]) -> Callable[[], Values]:
    """Nothing where the operating system has no such files."""

    def values() -> Values:
        try:
            return {(): read()}
        except (OSError, ValueError):
            return {}

    return values


def _resident() -> float:
    pages = (_SELF / "statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _open_files() -> float:
    return len(list((_SELF / "fd").iterdir())) - 1  # but for the one that lists them


def _most_files() -> float:
    for line in (_SELF / "limits").read_text(encoding="ascii").splitlines():
        if line.startswith("Max open files"):
            return int(line.split()[3])
    raise ValueError
