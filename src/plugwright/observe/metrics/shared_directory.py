"""A directory in which the processes of one command put their figures, so that any of them can tell of all.

Each process has two files: one that it holds a lock on for as long as it lives, which is how others know, and one with
its figures, replaced as a whole. What ended processes had counted is kept in one file for all of them::

    <id>.alive     locked by the process of this id      ended.figures   counters of processes that are gone
    <id>.figures   its figures of the last second        .reading        who reads or joins files has this locked
"""

import contextlib
import fcntl
import os
import secrets
import threading
import time
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from plugwright.observe.metrics.families import Family, Labels, Snapshot, Value, merged

_PATIENCE = 2.0  # seconds that one reader waits for another
_PAUSE = 0.01
_ENDED = "ended"


class Busy(TimeoutError):
    """Another process has been reading for longer than it should take."""


class SharedDirectory:
    """The directory, seen from one process. It does I/O: use it in a thread."""

    def __init__(self, path: Path, families: Iterable[Family]) -> None:
        self._path = path
        self._families = list(families)
        self._lasting = [family for family in self._families if family.outlives_its_process]
        self._id = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._own: int | None = None
        self._writing = threading.Lock()
        self._taken = 0.0

    def open(self) -> None:
        """Take part: what is written from now on counts as that of a living process.

        Raises:
            Busy: another process is reading, and does not end.
        """
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._alone():  # a lock that is not held yet would be that of a dead process
            self._own = os.open(self._path / f"{self._id}.alive", os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._own, fcntl.LOCK_EX)

    def close(self) -> None:
        """Leave: from now on only what was counted counts."""
        if self._own is not None:
            os.close(self._own)
            self._own = None

    def write(self, snapshot: Snapshot, taken: float) -> None:
        """Put this process's figures in place of those that were taken earlier, by the monotonic clock."""
        content = _encoded(snapshot)
        with self._writing:
            if taken >= self._taken:
                self._replace(self._id, content)
                self._taken = taken

    def read(self) -> Mapping[str, Mapping[Labels, Value]]:
        """The figures of all processes together.

        Raises:
            Busy: another process is reading, and does not end.
        """
        with self._alone():
            self._join_ended()
            return merged(self._families, [snapshot for _, snapshot in self._snapshots(self._ids() | {_ENDED})])

    def _join_ended(self) -> None:
        """Move the counters of processes that are gone into one file, so that restarts do not fill the directory."""
        gone = {each for each in self._ids() if not self._is_alive(each)}
        if not gone:
            return
        joined = _contents(self._file(_ENDED))
        # A process that died in the middle of this may have left what had been joined already.
        new = gone - set(joined.get("joined", []))
        found = [snapshot for _, snapshot in self._snapshots(new | {_ENDED})]
        self._replace(_ENDED, _encoded(merged(self._lasting, found), joined=sorted(gone)))
        for each in gone:
            self._file(each).unlink(missing_ok=True)
            (self._path / f"{each}.alive").unlink(missing_ok=True)

    def _is_alive(self, process: str) -> bool:
        if process == self._id:
            return True
        try:
            lock = os.open(self._path / f"{process}.alive", os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def _ids(self) -> set[str]:
        return {file.stem for file in self._path.glob("*.alive")}

    def _snapshots(self, ids: Iterable[str]) -> list[tuple[str, Snapshot]]:
        return [(each, _snapshot(_contents(self._file(each)))) for each in sorted(ids)]

    def _file(self, process: str) -> Path:
        return self._path / f"{process}.figures"

    def _replace(self, process: str, content: bytes) -> None:
        new = self._path / f"{process}.figures.new"
        new.write_bytes(content)
        new.replace(self._file(process))

    @contextlib.contextmanager
    def _alone(self) -> Generator[None]:
        lock = os.open(self._path / ".reading", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            until = time.monotonic() + _PATIENCE
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= until:
                        raise Busy from None
                    time.sleep(_PAUSE)
            yield
        finally:
            os.close(lock)


def clean(path: Path) -> None:
    """Remove what the processes of an earlier command left: their figures are not those of this one."""
    for pattern in ("*.figures", "*.figures.new", "*.alive"):
        for file in path.glob(pattern):
            file.unlink(missing_ok=True)


def _encoded(snapshot: Snapshot, **more: Any) -> bytes:
    figures = {name: [[labels, value] for labels, value in values.items()] for name, values in snapshot.items()}
    return to_json({"figures": figures, **more})


def _contents(file: Path) -> dict[str, Any]:
    try:
        return from_json(file.read_bytes())
    except (OSError, ValueError):  # it is not there yet, or the disk was full
        return {}


def _snapshot(contents: Mapping[str, Any]) -> Snapshot:
    figures: Mapping[str, Any] = contents.get("figures", {})
    return {name: {tuple(labels): value for labels, value in values} for name, values in figures.items()}
