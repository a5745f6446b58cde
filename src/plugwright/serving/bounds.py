"""What a client may take of a process: connections, time, and bytes that are no body.

What comes over a connection is bounded here, and the body of a request by who reads it (`web/bodies.py`).
"""

import contextlib
import resource
from collections.abc import Sequence
from dataclasses import dataclass

_OTHERS = 256  # open files besides connections: databases, upstreams, what is being read


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of one process.

    Of a reply that waits for it a client takes ``send_bytes`` in ``send_seconds`` at least. ``pipelined`` are requests
    that came before their predecessors were answered.
    """

    connections: int = 4096
    head_seconds: float = 5.0
    send_seconds: float = 30.0
    send_bytes: int = 16 * 1024
    head_bytes: int = 64 * 1024
    headers: int = 100
    target_bytes: int = 32 * 1024
    pipelined: int = 64


USUAL = Bounds()


class TooMuch(Exception):
    """A request is refused before it is one: a status, a code and what is wrong."""

    def __init__(self, status: int, code: str, problem: str) -> None:
        super().__init__(problem)
        self.status = status
        self.code = code
        self.problem = problem


def refusal_of(error: BaseException) -> TooMuch:
    """What the parser stopped for: one of the bounds, or something that is no HTTP."""
    cause = error.__context__
    return cause if isinstance(cause, TooMuch) else TooMuch(400, "bad_request", "Invalid HTTP request received.")


def check_head(bounds: Bounds, target: bytes, headers: Sequence[tuple[bytes, bytes]], waiting: int) -> None:
    """Check a head that came whole.

    Raises:
        TooMuch: it is longer than the bounds (RFC 9110 §15.5.15, RFC 6585 §5), or too many requests wait before it.
    """
    if len(target) > bounds.target_bytes:
        raise TooMuch(414, "uri_too_long", f"The request's target is longer than {bounds.target_bytes} bytes.")
    if len(headers) > bounds.headers:
        raise TooMuch(431, "headers_too_large", f"The request has more than {bounds.headers} headers.")
    if sum(len(name) + len(value) for name, value in headers) > bounds.head_bytes:
        raise too_long(bounds)
    if waiting > bounds.pipelined:
        raise TooMuch(400, "bad_request", f"More than {bounds.pipelined} requests came before their replies.")


def too_long(bounds: Bounds) -> TooMuch:
    """The refusal of a head that goes on and on."""
    return TooMuch(431, "headers_too_large", f"The head of the request is longer than {bounds.head_bytes} bytes.")


def too_many() -> TooMuch:
    """The refusal of another connection."""
    return TooMuch(503, "unavailable", "This process has as many connections as it takes; try again soon.")


def connections_within_files(wanted: int) -> int:
    """As many connections as are wanted, or as this process may have files open, which it raises as far as it may."""
    with contextlib.suppress(ValueError, OSError):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if most == resource.RLIM_INFINITY else max(1, min(wanted, most - _OTHERS))
