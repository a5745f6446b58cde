"""Many databases with the present tables, each for one sequence of steps."""

from __future__ import annotations

import contextlib
import itertools
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.databases import server_of
from tests.faults.machine import NewDatabase


def copies_of(url: str, config: pytest.Config) -> NewDatabase:
    """Makes copies of a database that nobody is connected to."""
    name = make_url(url).database
    assert name is not None
    if url.startswith("postgresql"):
        return lambda: server_of(config).database(name)
    numbers = itertools.count(1)

    @contextlib.contextmanager
    def copied() -> Generator[str]:
        copy = Path(f"{name}-{next(numbers)}")
        shutil.copyfile(name, copy)
        yield f"sqlite:///{copy}"
        for file in (copy, Path(f"{copy}-wal"), Path(f"{copy}-shm")):
            file.unlink(missing_ok=True)

    return copied
