"""The side of MCP that a running call talks to: progress, messages, questions."""

import math
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic_core import to_jsonable_python

from plugwright.calls.questions import Form, LinkToOpen, Question, Roots, Sampling
from plugwright.errors import UnsupportedQuestion
from plugwright.json_types import is_object
from plugwright.observe.events import NOT_CACHED
from plugwright.observe.trace_context import TraceContext
from plugwright.principal import Principal
from plugwright.protocols.mcp.jsonrpc import notification
from plugwright.protocols.mcp.request import LOG_LEVELS, Request
from plugwright.web.asgi import Headers

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class McpExchange:
    """An exchange of one MCP request. ``given`` holds raw answers so far; absent: the client cannot be asked."""

    __slots__ = ("_done", "_given", "_remembered", "_request", "cache")
    protocol = "mcp"
    latest: float = math.inf

    def __init__(
        self,
        request: Request,
        given: Mapping[str, Any] | None = None,
        remembered: Mapping[str, Any] = _NOTHING,
    ) -> None:
        self._request = request
        self._given = given
        self._remembered = remembered
        self._done: float | None = None
        self.cache = NOT_CACHED

    @property
    def request_id(self) -> str:
        """The request's id, made when somebody first asks for it."""
        return self._request.request_id

    @property
    def principal(self) -> Principal | None:
        """Who is calling."""
        return self._request.principal

    @property
    def trace(self) -> TraceContext | None:
        """The trace that the request tells of."""
        return self._request.trace

    @property
    def gone(self) -> Callable[[], Awaitable[None]] | None:
        """Waits until the client has left; absent when leaving does not end the call."""
        return self._request.gone

    @property
    def address(self) -> str | None:
        """The network that the call comes from."""
        return self._request.address

    def add_headers(self, headers: Headers) -> None:
        """Send header fields with the reply; an event stream has sent its own."""
        self._request.reply_headers = [*(self._request.reply_headers or []), *headers]

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        """Send ``notifications/progress``, if asked for. Progress strictly grows: anything else is dropped."""
        request = self._request
        if (
            request.notifier is None
            or request.progress_token is None
            or not math.isfinite(done)
            or (self._done is not None and done <= self._done)
        ):
            return
        self._done = done
        params: dict[str, Any] = {"progressToken": request.progress_token, "progress": done}
        if total is not None:
            params["total"] = total
        if message is not None and request.revision.version != "2024-11-05":
            params["message"] = message
        request.notifier.push(notification("notifications/progress", params))

    def message(self, level: str, data: Any, logger: str | None) -> None:
        """Send ``notifications/message``, if the client wants this level.

        Raises:
            ValueError: the level is not one of RFC 5424.
        """
        if level not in LOG_LEVELS:
            raise ValueError(f"level {level!r} must be one of {', '.join(LOG_LEVELS)}")
        request = self._request
        wanted = request.log_level
        if request.notifier is None or wanted is None or LOG_LEVELS.index(level) < LOG_LEVELS.index(wanted):
            return
        params: dict[str, Any] = {"level": level, "data": to_jsonable_python(data)}
        if logger is not None:
            params["logger"] = logger
        request.notifier.push(notification("notifications/message", params))

    def answers(self) -> Mapping[str, Any] | None:
        """Raw answers by question, earlier rounds included."""
        return self._given

    def remembered(self) -> Mapping[str, Any]:
        """What the handler asked to remember in an earlier round."""
        return self._remembered

    def check_questions(self, questions: Mapping[str, Question]) -> None:
        """Refuse questions that this request's capabilities do not declare.

        Raises:
            UnsupportedQuestion: with the capabilities that are missing.
        """
        missing: dict[str, Any] = {}
        for question in questions.values():
            name, mode = _needed(question)
            declared = self._request.capabilities.get(name)
            if not is_object(declared):
                missing.setdefault(name, {}).update({mode: {}} if mode else {})
            elif mode and mode not in (declared or {"form": {}}):  # an empty object means forms
                missing.setdefault(name, {})[mode] = {}
        if missing:
            raise UnsupportedQuestion(missing)


def _needed(question: Question) -> tuple[str, str | None]:
    match question:
        case Form():
            return "elicitation", "form"
        case LinkToOpen():
            return "elicitation", "url"
        case Sampling():
            return "sampling", None
        case Roots():
            return "roots", None
