"""A process that keeps others serving: starts them, starts them anew, replaces them one by one without a gap.

It owns the listening socket, which all workers accept from, so that no connection is lost with the one that would have
accepted it. It loads nothing of the plugin.
"""

import os
import selectors
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from plugwright.serving.worker import Worker

_LOOK = 0.5  # seconds between two looks at least; whatever happens wakes it earlier
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_FIRST_PAUSE = 0.5  # seconds before a worker that died at its start is started again, doubled each time
_LONGEST_PAUSE = 30.0
_SPARE = 2.0  # seconds after which a worker is killed that should have ended by itself


@dataclass(frozen=True, slots=True)
class Terms:
    """What a supervisor keeps to: so many workers, which have so many seconds for their start and for their end."""

    workers: int
    start: float = 60.0
    end: float = 30.0


@dataclass(slots=True)
class _Place:
    """The place of one worker. While it is replaced there is a ``successor`` and then a ``predecessor``."""

    worker: Worker | None = None
    successor: Worker | None = None
    predecessor: Worker | None = None
    failures: int = 0
    start_at: float = field(default_factory=time.monotonic)

    @property
    def workers(self) -> list[Worker]:
        """All that are there."""
        return [worker for worker in (self.worker, self.successor, self.predecessor) if worker is not None]

    @property
    def is_vacant(self) -> bool:
        """Whether nobody serves here, or will; one that was replaced only finishes what it has."""
        return self.worker is None and self.successor is None


class Supervisor:
    """Runs workers until it is told to stop.

    Args:
        command: starts a worker; see `Worker`.
        listening: what the workers accept connections from.
        terms: how many, and how long they may take.
        on_ready: called when the first worker serves.
        log: the operator's logger.
    """

    def __init__(
        self,
        command: Sequence[str],
        listening: socket.socket,
        terms: Terms,
        *,
        on_ready: Callable[[], None],
        log: Any,
    ) -> None:
        self._command = command
        self._listening = listening
        self._terms = terms
        self._on_ready = on_ready
        self._log = log
        # The first shows whether any can start; the others follow.
        self._places = [_Place()]
        self._to_replace: deque[_Place] = deque()
        self._rolling_since = 0.0
        self._has_served = False
        self._is_stopping = False
        self._code = 0

    def run(self) -> int:
        """Supervise; the exit code of the program."""
        with selectors.DefaultSelector() as selector, self._hearing_signals() as signals:
            self._selector = selector
            selector.register(signals, selectors.EVENT_READ)
            while not (self._is_stopping and not self._workers()):
                self._start_due()
                self._wait(signals)
                self._look_at_workers()
                self._replace_next()
        return self._code

    @contextmanager
    def _hearing_signals(self) -> Generator[socket.socket]:
        """Every signal becomes a byte that can be waited for."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            for end in (ours, theirs):
                end.settimeout(0)
            before = {number: signal.signal(number, _note) for number in (*_SIGNALS, signal.SIGCHLD)}
            signal.set_wakeup_fd(theirs.fileno())
            try:
                yield ours
            finally:
                signal.set_wakeup_fd(-1)
                for number, handler in before.items():
                    signal.signal(number, handler)

    def _wait(self, signals: socket.socket) -> None:
        due = [place.start_at for place in self._places if place.is_vacant]
        timeout = max(0.0, min([_LOOK, *(at - time.monotonic() for at in due)]))
        for key, _ in self._selector.select(timeout):
            if key.fileobj is signals:
                for number in signals.recv(1024):
                    self._take_signal(number)
            else:
                self._hear(key.data)

    def _take_signal(self, number: int) -> None:
        if number == signal.SIGHUP:
            self._roll()
        elif number in {signal.SIGTERM, signal.SIGINT}:
            if self._is_stopping:
                for worker in self._workers():
                    worker.kill()
                os._exit(128 + number)
            self._stop(signal.Signals(number))

    def _hear(self, worker: Worker) -> None:
        worker.listen()
        self._selector.unregister(worker.control)
        if worker.is_ready:
            self._log.info("worker_ready", pid=worker.pid, seconds=round(time.monotonic() - worker.started_at, 2))
            if not self._has_served:
                self._has_served = True
                self._on_ready()
                self._places += [_Place() for _ in range(self._terms.workers - 1)]

    # starting, and starting anew

    def _start_due(self) -> None:
        if not self._is_stopping:
            for place in self._places:
                if place.is_vacant and time.monotonic() >= place.start_at:
                    place.worker = self._start()
                    place.start_at = time.monotonic() + _FIRST_PAUSE

    def _start(self) -> Worker | None:
        try:
            worker = Worker(self._command, self._listening)
        except OSError as error:  # too many processes, or too little memory
            self._log.error("worker_not_started", reason=error.strerror)
            return None
        self._selector.register(worker.control, selectors.EVENT_READ, worker)
        return worker

    def _look_at_workers(self) -> None:
        for place in self._places:
            for worker in place.workers:
                if worker.code is None:
                    self._kill_if_late(worker)
                if worker.code is not None:
                    self._bury(place, worker, worker.code)

    def _kill_if_late(self, worker: Worker) -> None:
        now = time.monotonic()
        if worker.ending_since is not None:
            is_late = now - worker.ending_since > self._terms.end + _SPARE
        else:
            is_late = not worker.is_ready and now - worker.started_at > self._terms.start
        if is_late:
            self._log.error("worker_killed", pid=worker.pid, reason="it took too long to start or to end")
            worker.kill()

    def _bury(self, place: _Place, worker: Worker, code: int) -> None:
        if worker.control in self._selector.get_map():
            self._selector.unregister(worker.control)
        worker.bury()
        if worker is place.predecessor:
            place.predecessor = None
        elif worker is place.successor:
            place.successor = None
            self._give_up_roll(worker, code)
        else:
            place.worker, place.successor = place.successor, None
            self._mourn(place, worker, code)

    def _mourn(self, place: _Place, worker: Worker, code: int) -> None:
        """A worker has died that should serve."""
        if worker.ending_since is not None:
            is_orderly = code == 0 or not worker.is_ready  # a signal may come before it is handled
            self._code = self._code or int(not is_orderly)
        elif not self._has_served:
            # It would fail the same way again, and somebody is watching.
            self._is_stopping = True
            self._code = code if code > 0 else 1
        else:
            place.failures = 0 if worker.is_ready else place.failures + 1
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (place.failures - 1)) if place.failures else 0.0
            place.start_at = time.monotonic() + pause
            self._log.error("worker_died", pid=worker.pid, code=code, again_in=pause)

    # replacing

    def _roll(self) -> None:
        if self._has_served and not self._is_stopping:
            self._log.info("replacing_workers", workers=len(self._places))
            self._to_replace = deque(self._places)
            self._rolling_since = time.monotonic()

    def _replace_next(self) -> None:
        """Take the next step of replacing workers, one at a time."""
        for place in self._places:
            if place.successor is not None and place.successor.is_ready and place.worker is not None:
                place.predecessor, place.worker, place.successor = place.worker, place.successor, None
                place.predecessor.retire()
                self._log.info("worker_replaced", pid=place.predecessor.pid, by=place.worker.pid)
        if self._is_stopping or any(place.successor or place.predecessor for place in self._places):
            return
        while self._to_replace:
            worker = self._to_replace[0].worker
            if worker is not None and worker.started_at < self._rolling_since:
                if worker.is_ready:
                    self._to_replace.popleft().successor = self._start()
                return
            self._to_replace.popleft()

    def _give_up_roll(self, worker: Worker, code: int) -> None:
        if not self._is_stopping:
            self._to_replace.clear()
            self._log.error("worker_not_replaced", pid=worker.pid, code=code, reason="the new one did not start")

    # stopping

    def _stop(self, how: signal.Signals) -> None:
        self._is_stopping = True
        # Once the last worker closes its own, whoever connects is refused rather than left waiting.
        self._listening.close()
        for worker in self._workers():
            worker.stop(how)

    def _workers(self) -> list[Worker]:
        return [worker for place in self._places for worker in place.workers]


def _note(number: int, frame: FrameType | None) -> None:
    """Handle a signal by nothing: its number has been written to where it is waited for."""
