"""The ways in which one attempt fails, and what each means: for the caller, for a repeat, and for the breaker."""

from dataclasses import dataclass, replace

from plugwright.errors import UpstreamError, UpstreamTimeout, UpstreamUnavailable

_TOO_MANY_REQUESTS = 429
_TRANSIENT_STATUSES = frozenset({500, 502, 503, 504})
_SERVER_ERRORS = range(500, 600)


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to fail.

    Args:
        name: for metrics.
        error: what the caller gets.
        problem: what the caller reads after the service's name.
        is_transient: whether a repeat may go well.
        is_sent: whether the service may have got the request; what it never got is safe to repeat.
        is_breakdown: whether it speaks against the service, for the breaker.
    """

    name: str
    error: type[UpstreamError]
    problem: str
    is_transient: bool = False
    is_sent: bool = True
    is_breakdown: bool = False


UNRESOLVED = Kind("dns", UpstreamUnavailable, "cannot be reached", is_transient=True, is_sent=False, is_breakdown=True)
UNCONNECTED = replace(UNRESOLVED, name="connect")
BROKEN_OFF = Kind("connection", UpstreamUnavailable, "cannot be reached", is_transient=True, is_breakdown=True)
NO_HTTP = replace(BROKEN_OFF, name="protocol")
TOO_SLOW = Kind("timeout", UpstreamTimeout, "did not answer in time", is_transient=True, is_breakdown=True)
BUSY = Kind("throttled", UpstreamUnavailable, "takes no more requests for now", is_transient=True)
DOWN = Kind("status_5xx", UpstreamUnavailable, "cannot answer now", is_transient=True, is_breakdown=True)
UNABLE = Kind("status_5xx", UpstreamUnavailable, "cannot answer now", is_breakdown=True)
REFUSED = Kind("refused", UpstreamError, "refused the request")
MISDIRECTED = Kind("redirect", UpstreamError, "answered with a redirect that is not followed")
TOO_LARGE = Kind("too_large", UpstreamError, "sent a larger answer than is taken")
WRONG_TYPE = Kind("media_type", UpstreamError, "sent an answer of another type")
LEFT_ALONE = Kind("breaker_open", UpstreamUnavailable, "has failed too often, and is left alone for a moment")
CROWDED = Kind("full", UpstreamUnavailable, "has as many requests as it gets at a time")


class AttemptFailed(Exception):
    """One attempt failed."""

    def __init__(self, kind: Kind, *, upstream_status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(kind.name)
        self.kind = kind
        self.upstream_status = upstream_status
        self.retry_after = retry_after

    def error(self, subject: str) -> UpstreamError:
        """What the caller gets: who failed and how, and nothing of what the service said."""
        return self.kind.error(
            f"{subject} {self.kind.problem}", upstream_status=self.upstream_status, retry_after=self.retry_after
        )


def kind_of_status(status: int) -> Kind:
    """What a status other than success means."""
    if status == _TOO_MANY_REQUESTS:
        return BUSY
    if status in _TRANSIENT_STATUSES:
        return DOWN
    return UNABLE if status in _SERVER_ERRORS else REFUSED
