"""One line per call, written in batches so that a busy server does not wait for its log.

The line is built by hand: at tens of thousands of calls a second a general logger costs more than the call.
"""

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from time import time
from typing import TextIO

from plugwright.observe.events import CallFinished

_BATCH = 256
_DELAY = 0.2  # seconds that a line may wait
_LEVELS = {"ok": "info", "input_required": "info", "cancelled": "info"}


class CallLog:
    """An observer that writes lines. `flush` writes what is waiting; call it before the process ends."""

    def __init__(self, line: Callable[[float, CallFinished], str], stream: TextIO | None = None) -> None:
        self._line = line
        self._stream = stream
        self._waiting: list[tuple[float, CallFinished]] = []
        self._timer: asyncio.TimerHandle | None = None
        self.dropped = 0
        """Lines that could not be written."""

    def __call__(self, event: CallFinished) -> None:
        """Take one call."""
        self._waiting.append((time(), event))
        if len(self._waiting) >= _BATCH:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_DELAY, self.flush)

    def flush(self) -> None:
        """Write the lines that are waiting."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        if waiting:
            stream = self._stream or sys.stderr
            line = self._line
            try:
                stream.write("".join([line(at, event) for at, event in waiting]))
                stream.flush()
            except (OSError, ValueError):
                # A full disk or a closed pipe is no reason to refuse calls.
                self.dropped += len(waiting)


def json_line(at: float, event: CallFinished) -> str:
    """A call as one JSON line."""
    operation, protocol, outcome, seconds, request_id = event
    return (
        f'{{"event":"call","operation":{quoted(operation)},"protocol":"{protocol}",'
        f'"outcome":{quoted(outcome)},"duration_us":{int(seconds * 1_000_000)},"request_id":"{request_id}",'
        f'"level":"{_LEVELS.get(outcome, "warning")}","timestamp":"{_timestamp(at)}"}}\n'
    )


def console_line(at: float, event: CallFinished) -> str:
    """A call as one line for a person."""
    return (
        f"{_timestamp(at)[11:23]} {event.protocol:<5} {event.operation:<24} {event.outcome:<16} "
        f"{event.seconds * 1000:8.2f} ms  {event.request_id}\n"
    )


def _timestamp(at: float) -> str:
    return f"{_second(int(at))}.{int(at % 1 * 1000):03d}Z"


@lru_cache(maxsize=4)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")
