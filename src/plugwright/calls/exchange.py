"""Exchanges of one request and one reply: nothing can be told or asked in between."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from plugwright.calls.questions import Question
from plugwright.errors import CannotAsk
from plugwright.web.asgi import Receive

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class OneWayExchange:
    """An exchange with a caller that can neither leave nor be asked, such as a command line."""

    __slots__ = ("gone", "protocol")

    def __init__(self, protocol: str, gone: Callable[[], Awaitable[None]] | None = None) -> None:
        self.protocol = protocol
        self.gone = gone

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


def client_gone(receive: Receive) -> Callable[[], Awaitable[None]]:
    """Waits until the client of an HTTP request, whose body has been read, has left."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    return gone
