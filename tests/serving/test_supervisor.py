"""What a supervisor does when workers do not start or die, with workers that do as a file says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pydantic_core import from_json

from tests.postgres import wait_until

PATIENCE: Final = 20.0
SUPERVISOR: Final = """
import socket, sys
from plugwright.observe.logs import LogStyle, make_logger
from plugwright.serving.supervisor import Supervisor, Terms
listening = socket.create_server(("127.0.0.1", 0))
terms = Terms(int(sys.argv[2]), start=float(sys.argv[3]), end=float(sys.argv[4]))
log = make_logger(LogStyle())
supervisor = Supervisor([sys.executable, "-S", "-c", *sys.argv[5:], sys.argv[1]], listening, terms,
                        on_ready=lambda: log.info("serving"), log=log)
sys.exit(supervisor.run())
"""
WORKER: Final = """
import pathlib, signal, socket, sys, time
what = pathlib.Path(sys.argv[1]).read_text()
control = socket.socket(fileno=int(sys.argv[3]))
if what == "fail":
    sys.exit(7)
if what == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if what != "slow":
    control.send(b"ready\\n")
while True:
    if control.recv(64) == b"retire\\n" and what != "stubborn":
        sys.exit(0)
    time.sleep(0.01)
"""


class Supervised:
    """A supervisor in a process of its own, and what it logs."""

    def __init__(self, process: subprocess.Popen[str], orders: Path) -> None:
        self.process = process
        self._orders = orders

    def order(self, what: str) -> None:
        """Say how workers behave from now on."""
        self._orders.write_text(what)

    def next(self, event: str) -> dict[str, Any]:
        """The next line of a kind in the log."""
        assert self.process.stderr is not None
        seen = ""
        for line in self.process.stderr:
            seen += line
            if line.startswith("{") and (told := from_json(line))["event"] == event:
                return told
        raise AssertionError(f"it ended with code {self.process.wait()} and did not log {event}:\n{seen}")

    def rest(self) -> str:
        """What it logs until it has ended."""
        return self.process.communicate(timeout=PATIENCE)[1]


@contextmanager
def supervised(
    folder: Path, what: str, *, workers: int = 1, start: float = PATIENCE, end: float = 0.1
) -> Generator[Supervised]:
    """A supervisor of workers that begin with an order."""
    orders = folder / "orders"
    orders.write_text(what)
    command = [sys.executable, "-c", SUPERVISOR, str(orders), str(workers), str(start), str(end), WORKER]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    try:
        yield Supervised(process, orders)
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=PATIENCE)


def is_alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_first_worker_that_does_not_start_ends_the_supervisor_with_its_code(tmp_path: Path):
    with supervised(tmp_path, "fail", workers=4) as found:
        assert "worker_ready" not in found.rest()
        assert found.process.returncode == 7


def test_a_dead_worker_is_started_anew_at_once_and_one_that_fails_at_its_start_after_growing_pauses(tmp_path: Path):
    with supervised(tmp_path, "serve") as found:
        first = found.next("worker_ready")["pid"]
        found.order("fail")
        os.kill(first, signal.SIGKILL)
        pauses = [found.next("worker_died")["again_in"] for _ in range(3)]
        assert pauses == [0.0, 0.5, 1.0]
        found.order("serve")
        assert found.next("worker_ready")["pid"] != first


def test_workers_are_replaced_one_by_one(tmp_path: Path):
    with supervised(tmp_path, "serve", workers=2) as found:
        old = [found.next("worker_ready")["pid"] for _ in range(2)]
        found.process.send_signal(signal.SIGHUP)
        new = [found.next("worker_ready")["pid"] for _ in range(2)]
        assert not set(old) & set(new)
        for pid in old:
            wait_until(lambda pid=pid: not is_alive(pid))


def test_a_worker_that_dies_is_started_anew_even_while_the_one_that_it_replaced_has_not_ended(tmp_path: Path):
    with supervised(tmp_path, "stubborn", end=PATIENCE) as found:
        old = found.next("worker_ready")["pid"]
        found.order("serve")
        found.process.send_signal(signal.SIGHUP)
        new = found.next("worker_replaced")["by"]
        os.kill(new, signal.SIGKILL)
        assert found.next("worker_ready")["pid"] not in {old, new}
        assert is_alive(old)
        os.kill(old, signal.SIGKILL)


def test_where_the_new_worker_does_not_start_the_old_ones_go_on(tmp_path: Path):
    with supervised(tmp_path, "serve", workers=2) as found:
        old = [found.next("worker_ready")["pid"] for _ in range(2)]
        found.order("fail")
        found.process.send_signal(signal.SIGHUP)
        assert found.next("worker_not_replaced")["code"] == 7
        for pid in old:
            assert is_alive(pid)


def test_a_worker_that_takes_too_long_to_start_or_to_end_is_killed(tmp_path: Path):
    with supervised(tmp_path, "stubborn", start=1) as found:
        old = found.next("worker_ready")["pid"]
        found.order("slow")
        found.process.send_signal(signal.SIGHUP)
        assert found.next("worker_killed")["pid"] != old
        found.process.send_signal(signal.SIGTERM)
        assert f'"pid": {old}' in found.rest()
        assert found.process.returncode == 1
