"""Which core does what: the server has one to itself, the load generator the other."""

import os
import shutil
from collections.abc import Sequence

from .errors import BenchError

SERVER_CORE = 0
LOAD_CORE = 1


def require_cores() -> None:
    """Refuse a machine on which server and load would share a core."""
    if shutil.which("taskset") is None:
        message = "taskset is not installed; on Debian: apt-get install -y util-linux"
        raise BenchError(message)
    if not {SERVER_CORE, LOAD_CORE} <= os.sched_getaffinity(0):
        message = f"cores {SERVER_CORE} and {LOAD_CORE} must both be usable, one for the server, one for the load"
        raise BenchError(message)


def pinned(core: int, command: Sequence[str]) -> list[str]:
    """Make a command run on one core only."""
    return ["taskset", "-c", str(core), *command]
