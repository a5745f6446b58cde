"""When a request is repeated, and after which pause.

The pause has full jitter: anything between nothing and a bound that doubles, so that clients that failed together do
not return together. A service that says when to come back (RFC 9110 §10.2.3) is taken at its word.
"""

from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

from plugwright.upstream.failures import AttemptFailed

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""Methods that have the same effect once or several times (RFC 9110 §9.2.2), TRACE left out."""

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0
_LONGEST_WAIT = 3600.0  # of what a service may ask for


def may_repeat(failed: AttemptFailed, *, is_idempotent: bool) -> bool:
    """Whether a repeat can do no harm, and may go better."""
    return failed.kind.is_transient and (is_idempotent or not failed.kind.is_sent)


def pause_before(repeat: int, failed: AttemptFailed, between: Callable[[float, float], float]) -> float:
    """Seconds before the ``repeat``-th repeat, counted from 1."""
    jitter = between(0.0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (repeat - 1)))
    return jitter if failed.retry_after is None else failed.retry_after + jitter


def read_retry_after(text: str | None, now: float) -> float | None:
    """The seconds that a Retry-After header asks for: a number of them, or a date. ``now`` is since the epoch."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:10]), _LONGEST_WAIT)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    # A date without a zone is in the zone that HTTP always means.
    moment = date if date.tzinfo else date.replace(tzinfo=UTC)
    return min(max(0.0, moment.timestamp() - now), _LONGEST_WAIT)
