"""Exceptions as the log tells them: their types and where they were raised, without their texts.

The text of an exception may hold what nobody should read: a URL with its key, a statement with its values, what a user
typed. So may the values of the frames and of the arguments. A developer's own log tells the texts as well.
"""

import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, cast

from plugwright.observe.loggable import bounded

_MOST_FRAMES = 30
_MOST_LINKED = 8
_DEEPEST_GROUP = 3


def described(error: BaseException, *, with_texts: bool, depth: int = 0) -> list[dict[str, Any]]:
    """An exception, then what it was raised from, each with its frames: the outermost call first."""
    found: list[dict[str, Any]] = []
    linked: BaseException | None = error
    while linked is not None and len(found) < _MOST_LINKED:
        found.append(_one(linked, with_texts=with_texts, depth=depth))
        linked = linked.__cause__ or (None if linked.__suppress_context__ else linked.__context__)
    return found


def told(chain: list[dict[str, Any]], indent: str = "") -> str:
    """The same as lines for a person."""
    lines: list[str] = []
    for number, one in enumerate(chain):
        head = ": ".join(part for part in (one["type"], one.get("text")) if part)
        lines.append(f"{indent}{'from ' if number else ''}{head}")
        lines += [f"{indent}  {frame}" for frame in one["frames"]]
        lines += [told(inner, f"{indent}    ") for inner in one.get("exceptions", ())]
    return "\n".join(lines)


class ExceptionsWithoutTexts:
    """A structlog processor: ``exc_info`` as ``exception``; as data, or as lines for a person."""

    def __init__(self, *, as_lines: bool = False, with_texts: bool = False) -> None:
        self._as_lines = as_lines
        self._with_texts = with_texts

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Replace the field."""
        error = exception_of(event.pop("exc_info", None))
        if error is not None:
            chain = described(error, with_texts=self._with_texts)
            event["exception"] = told(chain) if self._as_lines else chain
        return event


def exception_of(given: Any) -> BaseException | None:
    """What ``exc_info`` stands for: an exception, the triple of one, or true for the one that is being handled."""
    if isinstance(given, tuple):
        given = cast("tuple[Any, ...]", given)[1]
    elif given is True:
        given = sys.exc_info()[1]
    return given if isinstance(given, BaseException) else None


def _one(error: BaseException, *, with_texts: bool, depth: int) -> dict[str, Any]:
    frames = [
        f"{frame.f_code.co_filename}:{line} in {frame.f_code.co_qualname}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    found: dict[str, Any] = {"type": type(error).__qualname__, "frames": frames[-_MOST_FRAMES:]}
    if with_texts:
        found["text"] = _text(error)
    if isinstance(error, BaseExceptionGroup) and depth < _DEEPEST_GROUP:
        inner = cast("BaseExceptionGroup[BaseException]", error).exceptions[:_MOST_LINKED]
        found["exceptions"] = [described(one, with_texts=with_texts, depth=depth + 1) for one in inner]
    return found


def _text(error: BaseException) -> str:
    try:
        return bounded(str(error))
    except Exception as failed:  # noqa: BLE001 the author's own __str__ may fail, and the line must be written
        return f"<{type(failed).__name__} in its __str__>"
