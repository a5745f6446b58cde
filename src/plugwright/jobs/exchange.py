"""The exchange of a job: its caller has gone, and learns of its progress from the store."""

import math
from typing import Any

from plugwright.calls.exchange import LocalExchange
from plugwright.operations.visible_text import clean_text
from plugwright.principal import Principal
from plugwright.store.texts import storable

_MESSAGE_LENGTH = 300


class JobExchange(LocalExchange):
    """Keeps the latest progress until it is stored. The request id is that of the call that was accepted."""

    __slots__ = ("_latest", "_told")
    protocol = "job"

    def __init__(self, request_id: str, principal: Principal | None) -> None:
        super().__init__(lambda: request_id)
        self.principal = principal
        self._latest: list[Any] | None = None
        self._told: list[Any] | None = None

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        """Remember how far the job is. Progress strictly grows: anything else is dropped."""
        if not math.isfinite(done) or (self._latest is not None and done <= self._latest[0]):
            return
        known = total if total is not None and math.isfinite(total) else None
        self._latest = [done, known, None if message is None else storable(clean_text(message), _MESSAGE_LENGTH)]

    def news(self) -> list[Any] | None:
        """The progress that the store does not know, if there is any."""
        return None if self._latest is self._told else self._latest

    def stored(self, news: list[Any] | None) -> None:
        """Note that the store knows it."""
        if news is not None:
            self._told = news
