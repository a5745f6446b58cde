"""The figures of several processes together: what is added, what ends with a process, and what never goes back."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plugwright.observe.metrics.families import Family, Labels, Value
from plugwright.observe.metrics.shared_directory import Busy, SharedDirectory, clean

CALLS = Family("calls", "counter", "Calls.", ("operation",))
TIMES = Family("times", "histogram", "Times.")
QUEUE = Family("queue", "gauge", "Queue.")
BEGAN = Family("began", "gauge", "Began.", across="min")
FAMILIES = (CALLS, TIMES, QUEUE, BEGAN)

LIVING = """
import sys, time
from pathlib import Path
from tests.observe.metrics.test_shared_directory import FAMILIES, figures
from plugwright.observe.metrics.shared_directory import SharedDirectory
shared = SharedDirectory(Path(sys.argv[1]), FAMILIES)
shared.open()
shared.write(figures(5), 1.0)
print("written", flush=True)
time.sleep(60)
"""


def figures(number: int, *, operation: str = "find") -> dict[str, dict[Labels, Value]]:
    """The figures of a process that has done so much."""
    return {
        "calls": {(operation,): float(number)},
        "times": {(): [0.5 * number, *[0] * 13, number, 0]},
        "queue": {(): float(number)},
        "began": {(): float(100 * number)},
    }


@contextmanager
def joined(path: Path, number: int, *, operation: str = "find") -> Generator[SharedDirectory]:
    """One process that has done so much, while the block runs."""
    shared = SharedDirectory(path, FAMILIES)
    shared.open()
    shared.write(figures(number, operation=operation), 1.0)
    try:
        yield shared
    finally:
        shared.close()


def test_whichever_process_reads_tells_of_all(tmp_path: Path) -> None:
    with joined(tmp_path, 1) as one, joined(tmp_path, 2) as two, joined(tmp_path, 4, operation="save"):
        told = one.read()
        assert told == two.read()

    assert told["calls"] == {("find",): 3, ("save",): 4}
    assert told["times"] == {(): [3.5, *[0] * 13, 7, 0]}
    assert told["queue"] == {(): 7}
    assert told["began"] == {(): 100}


def test_what_an_ended_process_counted_is_kept_and_what_it_was_doing_is_not(tmp_path: Path) -> None:
    with joined(tmp_path, 1) as one:
        with joined(tmp_path, 2):
            pass
        told = one.read()

    assert told["calls"] == {("find",): 3}
    assert told["times"] == {(): [1.5, *[0] * 13, 3, 0]}
    assert told["queue"] == {(): 1}
    assert told["began"] == {(): 100}


def test_a_process_that_was_killed_counts_as_ended(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", LIVING, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        with joined(tmp_path, 1) as one:
            alive = one.read()
            process.kill()
            process.wait()
            after = one.read()

    assert (alive["calls"], alive["queue"]) == ({("find",): 6}, {(): 6})
    assert (after["calls"], after["queue"]) == ({("find",): 6}, {(): 1})


def test_restarts_do_not_fill_the_directory(tmp_path: Path) -> None:
    with joined(tmp_path, 1) as one:
        for _ in range(30):
            with joined(tmp_path, 1):
                pass
            one.read()
        told = one.read()

    assert told["calls"] == {("find",): 31}
    assert len(list(tmp_path.iterdir())) <= 4


def test_what_was_joined_is_not_counted_twice_where_joining_was_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with joined(tmp_path, 1) as one:
        with joined(tmp_path, 2):
            pass
        with monkeypatch.context() as patched:
            patched.setattr(Path, "unlink", failing)
            with pytest.raises(OSError, match="No space"):
                one.read()
        with joined(tmp_path, 4):
            pass
        told = [one.read()["calls"] for _ in range(2)]

    assert told == [{("find",): 7}] * 2


def test_earlier_figures_never_replace_later_ones(tmp_path: Path) -> None:
    with joined(tmp_path, 1) as one:
        one.write(figures(3), 3.0)
        one.write(figures(2), 2.0)
        assert one.read()["calls"] == {("find",): 3}


def test_another_version_with_other_buckets_is_not_added_up(tmp_path: Path) -> None:
    with joined(tmp_path, 1) as one, joined(tmp_path, 1) as two:
        two.write({**figures(2), "times": {(): [1.0, 2.0]}}, 2.0)
        told = one.read()

    assert told["calls"] == {("find",): 3}
    assert told["times"][()] in ([0.5, *[0] * 13, 1, 0], [1.0, 2.0])


def test_a_file_that_is_not_whole_is_a_process_without_figures(tmp_path: Path) -> None:
    with joined(tmp_path, 1) as one, joined(tmp_path, 2):
        (torn,) = [file for file in tmp_path.glob("*.figures") if b"2.0" in file.read_bytes()]
        torn.write_bytes(b'{"figures":')
        assert one.read()["calls"] == {("find",): 1}


def test_a_reader_that_hangs_does_not_make_others_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugwright.observe.metrics.shared_directory._PATIENCE", 0.05)
    with joined(tmp_path, 1) as one, (tmp_path / ".reading").open("r+") as reading:
        fcntl.flock(reading, fcntl.LOCK_EX)
        started = time.monotonic()
        with pytest.raises(Busy):
            one.read()
        assert time.monotonic() - started < 5


def test_what_an_earlier_command_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text("mine")
    with joined(tmp_path, 2):
        pass
    clean(tmp_path)
    with joined(tmp_path, 1) as one:
        assert one.read()["calls"] == {("find",): 1}
    assert (tmp_path / "notes.json").read_text() == "mine"


def failing(*_: object, **__: object) -> None:
    """What a full disk does."""
    raise OSError(28, "No space left on device")
