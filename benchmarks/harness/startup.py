"""What it costs to be there: import, the command line's help, and the memory of an idle served plugin."""

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import answers
from .cores import SERVER_CORE, pinned
from .environments import Environment
from .errors import BenchError
from .figures import Spread
from .processes import clean_environment, plugwright_serve, serving
from .protocols import REST
from .subjects import PLUGWRIGHT_SETTINGS

# The names are touched, so that an import put off until first use counts as well.
_IMPORT = """
import time
start = time.perf_counter()
from plugwright import Call, Plugin
print(time.perf_counter() - start)
"""


@dataclass(frozen=True)
class Startup:
    """Seconds and megabytes over several starts."""

    import_seconds: Spread
    help_seconds: Spread
    idle_mb: Spread


def measure(environment: Environment, starts: int) -> Startup:
    """Start each thing some times; the first time fills the disk cache and is thrown away."""
    return Startup(
        import_seconds=_warm(starts, lambda: float(_run([str(environment.python), "-c", _IMPORT]))),
        help_seconds=_warm(starts, lambda: _help_seconds(environment)),
        idle_mb=_warm(starts, lambda: _idle_mb(environment)),
    )


def _warm(starts: int, once: Callable[[], float]) -> Spread:
    return Spread.of([once() for _ in range(starts)][1:])


def _help_seconds(environment: Environment) -> float:
    start = time.perf_counter()
    _run([str(environment.script("plugwright")), "--help"])
    return time.perf_counter() - start


def _idle_mb(environment: Environment) -> float:
    """Serve the benchmark's plugin as its author would, with one worker, and look after one right answer."""
    script = environment.script("plugwright")
    with serving(plugwright_serve("idle", script, "plugwright_weather:plugin", PLUGWRIGHT_SETTINGS)) as server:
        answers.expect(server.port, REST, answers.MEASURED, answers.ANSWER)
        return server.rss_mb()


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(
        pinned(SERVER_CORE, command),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=clean_environment(),
    )
    if done.returncode != 0:
        message = f"a start failed: {done.stderr.strip()[-500:]}"
        raise BenchError(message)
    return done.stdout
