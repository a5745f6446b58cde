"""Exchanges of one request and one reply: nothing can be told or asked in between."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from plugwright.calls.questions import Question
from plugwright.errors import CannotAsk
from plugwright.web.asgi import Receive

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class LocalExchange:
    """An exchange with a caller in this process, who can neither leave nor be asked."""

    __slots__ = ()
    protocol: str = "local"
    gone: Callable[[], Awaitable[None]] | None = None

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        """Nobody listens."""

    def message(self, level: str, data: Any, logger: str | None) -> None:
        """Nobody listens."""

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
    """An exchange over plain HTTP, whose caller can leave but not be asked."""

    __slots__ = ("_receive",)
    protocol = "rest"

    def __init__(self, receive: Receive) -> None:
        self._receive = receive

    async def gone(self) -> None:  # pyright: ignore[reportIncompatibleVariableOverride] a method is a callable
        """Wait until the client, whose request has been read, has left."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
