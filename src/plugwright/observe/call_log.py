"""One line per call, written in batches, and sampled under load: a busy server does not wait for its log.

The line is built by hand: at tens of thousands of calls a second a general logger costs more than the call. It tells
the request id, the operation, the protocol, the outcome, the duration and the state of the cache; where they are known
the user as a keyed digest, the client and the trace; and nothing else of the request.
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

from plugwright.observe.events import NOT_CACHED, Arrival, Observe

_WINDOW = 0.2  # seconds between two writes
_MOST = 200  # lines of calls that went well in one window; the others are counted
_MOST_FAILED = 2000  # lines of calls that did not
_LEVELS = {"ok": "info", "input_required": "info", "cancelled": "info", "replayed": "info"}

_MILLISECONDS = [f'.{number:03d}Z"}}\n' for number in range(1000)]

_LONGEST_CLIENT = 200

Line = Callable[[float, Arrival, str, float], str]
"""A line from the time, how the call came in, its outcome and the duration in seconds."""

Digest = Callable[[str], str]
"""What stands in the log for a subject."""


@dataclass(frozen=True, slots=True)
class LineStyle:
    """How lines look: of the calls of an operation, and of a number of calls that have none."""

    line_of: Callable[[str, Digest], Line]
    skipped: Callable[[float, int], str]


class CallLog:
    """An observer that writes lines. `flush` writes what is waiting; call it before the process ends."""

    def __init__(self, style: LineStyle, digest: Digest, stream: TextIO | None = None) -> None:
        self._style = style
        self._digest = digest
        self._stream = stream
        self._waiting: list[str] = []
        self._timer: asyncio.TimerHandle | None = None
        self._skipped = 0
        self.dropped = 0
        """Lines that could not be written."""

    def __call__(self, operation: str) -> Observe:
        """Log the calls of one operation."""
        line = self._style.line_of(operation, self._digest)

        def observe(arrival: Arrival, outcome: str, seconds: float) -> None:
            waiting = self._waiting
            if len(waiting) >= _MOST and (outcome == "ok" or len(waiting) >= _MOST_FAILED):
                self._skipped += 1
                return
            waiting.append(line(time(), arrival, outcome, seconds))
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


def _json_lines(operation: str, digest: Digest) -> Line:
    """A call as one JSON line."""
    heads: dict[tuple[str, str, str], str] = {}

    def line(at: float, arrival: Arrival, outcome: str, seconds: float) -> str:
        kind = (arrival.protocol, outcome, arrival.cache)
        head = heads.get(kind)
        if head is None:
            head = heads[kind] = _json_head(operation, *kind)
        whole = int(at)
        return (
            f'{head}{int(seconds * 1_000_000)},"request_id":"{arrival.request_id}"{_json_caller(arrival, digest)},'
            f'"timestamp":"{_second(whole)}{_MILLISECONDS[int((at - whole) * 1000)]}'
        )

    return line


def _json_head(operation: str, protocol: str, outcome: str, cache: str) -> str:
    level = _LEVELS.get(outcome, "warning")
    return (
        f'{{"event":"call","operation":{quoted(operation)},"protocol":"{protocol}","outcome":{quoted(outcome)},'
        f'"cache":"{cache}","level":"{level}","duration_us":'
    )


def _json_caller(arrival: Arrival, digest: Digest) -> str:
    principal, trace = arrival.principal, arrival.trace
    who = "" if principal is None else f',"principal":"{digest(principal.subject)}"'
    client = "" if principal is None or principal.client is None else f',"client":{quoted(_client(principal.client))}'
    return who + client + ("" if trace is None else f',"trace_id":"{trace.trace_id}"')


def _client(text: str) -> str:
    return text if len(text) <= _LONGEST_CLIENT else f"{text[:_LONGEST_CLIENT]}…"


def _console_lines(operation: str, digest: Digest) -> Line:
    """A call as one line for a person."""

    def line(at: float, arrival: Arrival, outcome: str, seconds: float) -> str:
        clock, principal = _second(int(at))[11:], arrival.principal
        cache = "" if arrival.cache == NOT_CACHED else f"  {arrival.cache}"
        who = "" if principal is None else f"  {digest(principal.subject)}"
        return (
            f"{clock} {arrival.protocol:<5} {operation:<24} {outcome:<16} {seconds * 1000:8.2f} ms  "
            f"{arrival.request_id}{cache}{who}\n"
        )

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
