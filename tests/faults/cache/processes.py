"""Processes that serve the notes, with one origin in a folder."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.external.servers import Server, serving
from tests.faults.cache.notes import FOLDER_VARIABLE, TARGET


@contextlib.contextmanager
def processes(count: int, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: str) -> Generator[list[Server]]:
    """So many servers, which know of each other by Valkey only."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    with contextlib.ExitStack() as running:
        yield [running.enter_context(serving(TARGET, call_log="false", **settings)) for _ in range(count)]
