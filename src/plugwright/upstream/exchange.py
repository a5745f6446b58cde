"""What goes to an upstream and what comes back, and the call on whose behalf it goes."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from plugwright.errors import UpstreamError

AnswerT = TypeVar("AnswerT")
BoundT_co = TypeVar("BoundT_co", covariant=True)

_SPARE_SECONDS = 0.05
_SPARE_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """One request.

    Args:
        method: in upper case.
        target: path and query below the base URL, encoded.
        headers: besides those that every request to this upstream has.
        body: the bytes to send.
        accept: the media types that a successful answer may have; none: any.
        statuses: those that are answers too, besides 200 to 299.
        is_idempotent: whether it may be repeated.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | None = None
    accept: tuple[str, ...] = ("application/json",)
    statuses: frozenset[int] = frozenset()
    is_idempotent: bool = True


@dataclass(frozen=True, slots=True)
class UpstreamReply:
    """What an upstream answered. It is data from outside: check it before it is used. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    subject: str = "The service"

    @property
    def text(self) -> str:
        """The body as text; what is not UTF-8 is replaced."""
        return self.body.decode("utf-8", errors="replace")

    def json(self, returns: type[AnswerT]) -> AnswerT:
        """The body as ``returns``: any type that pydantic can validate.

        Raises:
            UpstreamError: it is not JSON of this form.
        """
        try:
            return _adapter(returns).validate_json(self.body)
        except ValidationError as error:
            raise UpstreamError(
                f"{self.subject} answered in a form that this plugin does not know", upstream_status=self.status
            ) from error


class Traced(Protocol):
    """A request with a span, whose headers name that."""

    headers: dict[str, str]

    def answered(self, status: int) -> None:
        """Note the status of its answer."""
        ...


@dataclass(frozen=True, slots=True)
class CallContext:
    """What a request takes from the call that it serves.

    Nothing here comes from the caller's own credentials: those are for this plugin (MCP, "Token Passthrough").

    Args:
        remaining: seconds that the call has left.
        headers: that tell the upstream which call it is.
        traced: makes a span around a request to an upstream of a name, with a method, to a host and port.
    """

    remaining: Callable[[], float]
    headers: Mapping[str, str]
    traced: Callable[[str, str, str | None, int | None], AbstractContextManager[Traced]] | None = None


class Bindable(Protocol[BoundT_co]):
    """What can be used within a call."""

    def within(self, context: CallContext) -> BoundT_co:
        """The same, within a call."""
        ...


def usable_seconds(remaining: float) -> float:
    """How much of what a call has left a request may take: a moment stays, for the handler to answer without it."""
    return remaining - min(_SPARE_SECONDS, remaining * _SPARE_SHARE)


@lru_cache(maxsize=256)
def _adapter(returns: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(returns)
