"""Exchanges of one request and one reply: nothing can be told or asked in between."""

from collections.abc import Awaitable, Callable, Mapping
from math import inf
from types import MappingProxyType
from typing import Any

from plugwright.calls.questions import Question
from plugwright.errors import CannotAsk
from plugwright.observe.events import NOT_CACHED
from plugwright.observe.trace_context import TraceContext, trace_of_headers
from plugwright.principal import Principal
from plugwright.web.asgi import Headers, Receive
from plugwright.web.deadline import client_left

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class LocalExchange:
    """An exchange with a caller in this process, who can neither leave nor be asked."""

    __slots__ = ("_next_request_id", "_request_id", "cache", "principal")
    protocol: str = "local"
    gone: Callable[[], Awaitable[None]] | None = None
    latest: float = inf
    address: str | None = None

    def __init__(self, next_request_id: Callable[[], str]) -> None:
        self._next_request_id = next_request_id
        self._request_id: str | None = None
        self.principal: Principal | None = None
        self.cache = NOT_CACHED

    @property
    def request_id(self) -> str:
        """The request's id, made when somebody first asks for it."""
        if self._request_id is None:
            self._request_id = self._next_request_id()
        return self._request_id

    @property
    def trace(self) -> TraceContext | None:
        """There is none."""
        return None

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        """Nobody listens."""

    def message(self, level: str, data: Any, logger: str | None) -> None:
        """Nobody listens."""

    def add_headers(self, headers: Headers) -> None:
        """The reply has none."""

    def answers(self) -> Mapping[str, Any] | None:
        """There is nobody to ask."""
        return None

    def remembered(self) -> Mapping[str, Any]:
        """There are no earlier rounds."""
        return _NOTHING

    def check_questions(self, questions: Mapping[str, Question]) -> None:
        """Refuse every question."""
        raise CannotAsk(f"Nobody can be asked {', '.join(questions)} here")


class RestExchange(LocalExchange):
    """An exchange over plain HTTP, whose caller can leave but not be asked.

    ``address`` and ``reply_headers`` are there where limits count.
    """

    __slots__ = ("_headers", "_receive", "address", "reply_headers")
    address: str | None
    reply_headers: Headers
    protocol = "rest"

    def __init__(self, next_request_id: Callable[[], str], receive: Receive, headers: Headers) -> None:
        # As the base class does it; a call of super() would cost every request more than these lines.
        self._next_request_id = next_request_id
        self._request_id = None
        self.principal = None
        self.cache = NOT_CACHED
        self._receive = receive
        self._headers = headers

    @property
    def trace(self) -> TraceContext | None:
        """The trace that the request's headers tell of."""
        return trace_of_headers(self._headers)

    def add_headers(self, headers: Headers) -> None:
        """Send header fields with the reply."""
        self.reply_headers += headers

    async def gone(self) -> None:  # pyright: ignore[reportIncompatibleVariableOverride] a method is a callable
        """Wait until the client, whose request has been read, has left."""
        await client_left(self._receive)
