"""Suggestions for an argument of a prompt or a resource template while a person types it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

Suggestions = Sequence[str] | Awaitable[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Complete:
    """Marks a parameter, inside ``Annotated``, with the function that completes it.

    The function takes what was typed so far, and as a second positional argument, if it has one, the arguments
    already given; it returns the suggestions, best first. It may be async.
    """

    function: Callable[..., Any]
