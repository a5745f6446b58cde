"""What of a value is logged: plain data of a bounded length. Of anything else it is only told what it is."""

from collections.abc import Iterable, Mapping, MutableMapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from itertools import islice
from pathlib import PurePath
from typing import Any, cast
from uuid import UUID

from pydantic import SecretBytes, SecretStr

LONGEST = 1000
_MOST = 50
_DEEPEST = 4
_GREATEST = 10**100
_MASK = "**********"

_AS_TEXT = (str, datetime, date, time, timedelta, Decimal, UUID, PurePath)


def loggable(value: Any, depth: int = 0) -> Any:
    """The value as it is logged. An object's own text may hold anything: it is left out."""
    if value is None or (isinstance(value, int | float) and abs(value) < _GREATEST):
        return value
    text = _text_of(value)
    if text is not None:
        return bounded(text)
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return _fields(cast("Mapping[Any, Any]", value), depth + 1)
    if isinstance(value, list | tuple | set | frozenset) and depth < _DEEPEST:
        return _items(list(cast("Iterable[Any]", value)), depth + 1)
    return f"<{type(cast('object', value)).__name__}>"


def _text_of(value: Any) -> str | None:
    if isinstance(value, SecretStr | SecretBytes):
        return _MASK
    if isinstance(value, Enum):
        return value.name
    # A number that is none, or infinite, has no form in JSON.
    return str(value) if isinstance(value, (*_AS_TEXT, float)) else None


def bounded(text: str) -> str:
    """The text, cut where it is long."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


def only_loggable(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: every field as it is logged, but for the exception, which has a processor of its own."""
    for name, value in event.items():
        if name != "exc_info":
            event[name] = loggable(value)
    return event


def on_one_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor for terminals: a text can neither begin a line nor give the terminal orders."""
    for name, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[name] = value.encode("unicode_escape").decode()
    return event


def _fields(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    kept = {str(loggable(name, depth)): loggable(item, depth) for name, item in islice(value.items(), _MOST)}
    return kept if len(value) <= _MOST else kept | {"…": f"{len(value) - _MOST} more"}


def _items(value: list[Any], depth: int) -> list[Any]:
    shown = [loggable(item, depth) for item in value[:_MOST]]
    return shown if len(value) <= _MOST else [*shown, f"… {len(value) - _MOST} more"]
