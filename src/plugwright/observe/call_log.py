"""One line per call, written in batches, and sampled under load: a busy server does not wait for its log.

The line is built by hand: at tens of thousands of calls a second a general logger costs more than the call.
"""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from time import time
from typing import TextIO

from plugwright.observe.events import Arrival, Observe

_WINDOW = 0.2  # seconds between two writes
_MOST = 200  # lines of calls that went well in one window; the others are counted
_MOST_FAILED = 2000  # lines of calls that did not
_LEVELS = {"ok": "info", "input_required": "info", "cancelled": "info"}

_MILLISECONDS = [f'.{number:03d}Z"}}\n' for number in range(1000)]

Line = Callable[[float, str, str, float, str], str]
"""A line from the time, the protocol, the outcome, the duration in seconds and the request id."""


@dataclass(frozen=True, slots=True)
class LineStyle:
    """How lines look: of the calls of an operation, and of a number of calls that have none."""

    line_of: Callable[[str], Line]
    skipped: Callable[[float, int], str]


class CallLog:
    """An observer that writes lines. `flush` writes what is waiting; call it before the process ends."""

    def __init__(self, style: LineStyle, stream: TextIO | None = None) -> None:
        self._style = style
        self._stream = stream
        self._waiting: list[str] = []
        self._timer: asyncio.TimerHandle | None = None
        self._skipped = 0
        self.dropped = 0
        """Lines that could not be written."""

    def __call__(self, operation: str) -> Observe:
        """Log the calls of one operation."""
        line = self._style.line_of(operation)

        def observe(arrival: Arrival, outcome: str, seconds: float) -> None:
            waiting = self._waiting
            if len(waiting) >= _MOST and (outcome == "ok" or len(waiting) >= _MOST_FAILED):
                self._skipped += 1
                return
            waiting.append(line(time(), arrival.protocol, outcome, seconds, arrival.request_id))
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(_WINDOW, self.flush)

        return observe

    def flush(self) -> None:
        """Write the lines that are waiting, and how many calls have none."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        if self._skipped:
            waiting.append(self._style.skipped(time(), self._skipped))
            self._skipped = 0
        stream = self._stream or sys.stderr
        try:
            stream.write("".join(waiting))
            stream.flush()
        except (OSError, ValueError):
            # A full disk or a closed pipe is no reason to refuse calls.
            self.dropped += len(waiting)


def _json_lines(operation: str) -> Line:
    """A call as one JSON line."""
    heads: dict[tuple[str, str], str] = {}

    def line(at: float, protocol: str, outcome: str, seconds: float, request_id: str) -> str:
        head = heads.get((protocol, outcome))
        if head is None:
            head = heads[protocol, outcome] = _json_head(operation, protocol, outcome)
        whole = int(at)
        return (
            f'{head}{int(seconds * 1_000_000)},"request_id":"{request_id}","timestamp":"'
            f"{_second(whole)}{_MILLISECONDS[int((at - whole) * 1000)]}"
        )

    return line


def _json_head(operation: str, protocol: str, outcome: str) -> str:
    level = _LEVELS.get(outcome, "warning")
    return (
        f'{{"event":"call","operation":{quoted(operation)},"protocol":"{protocol}","outcome":{quoted(outcome)},'
        f'"level":"{level}","duration_us":'
    )


def _console_lines(operation: str) -> Line:
    """A call as one line for a person."""

    def line(at: float, protocol: str, outcome: str, seconds: float, request_id: str) -> str:
        clock = _second(int(at))[11:]
        return f"{clock} {protocol:<5} {operation:<24} {outcome:<16} {seconds * 1000:8.2f} ms  {request_id}\n"

    return line


@lru_cache(maxsize=4)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _json_skipped(at: float, count: int) -> str:
    return (
        f'{{"event":"calls_not_logged","count":{count},"level":"info",'
        f'"timestamp":"{_second(int(at))}{_MILLISECONDS[int(at % 1 * 1000)]}'
    )


def _console_skipped(at: float, count: int) -> str:
    return f"{_second(int(at))[11:]} … and {count} more calls\n"


JSON_LINES = LineStyle(_json_lines, _json_skipped)
CONSOLE_LINES = LineStyle(_console_lines, _console_skipped)
