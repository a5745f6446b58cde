"""What an author says of caching an operation's answers, checked and turned into seconds."""

import string
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from plugwright.errors import SetupError
from plugwright.operations.durations import seconds

_VARIES_BY = ("client", "scopes", "protocol")
_SUBJECT = "subject"

TagsOf = Callable[[Mapping[str, Any], str], tuple[str, ...]]
"""The tags of one answer, from the call's arguments and the caller's subject."""


@dataclass(frozen=True, slots=True)
class Cache:
    """How long answers are kept, and for whom.

    Args:
        ttl: how long an answer is fresh, such as ``"5m"``. It is renewed shortly before, without anybody waiting.
        stale: how much longer it is served while a new one is made, or cannot be.
        shared: one answer for everybody, whose handler does not learn who calls. Otherwise each caller has their own.
        tags: names by which ``call.invalidate`` drops answers; ``{parameter}`` stands for an input, ``{subject}`` for
            the caller.
        vary: what a shared answer depends on besides its input: ``"client"``, ``"scopes"``, ``"protocol"``.
        negative: how long a `NotFound` is kept; not at all by default.
    """

    ttl: str
    stale: str | None = None
    shared: bool = False
    tags: Sequence[str] = ()
    vary: Sequence[str] = ()
    negative: str | None = None


@dataclass(frozen=True, slots=True)
class Caching:
    """A checked `Cache`: durations in seconds."""

    ttl: float
    stale: float
    negative: float
    is_shared: bool
    vary: frozenset[str]
    templates: tuple[str, ...]
    tags_of: TagsOf

    @property
    def is_for_all(self) -> bool:
        """Whether everybody gets the same answer to the same input."""
        return self.is_shared and not self.vary & {"client", "scopes"}


def compile_caching(name: str, wanted: Cache, *, parameters: Collection[str]) -> Caching:
    """Check what an author says; ``parameters`` are the names that tags may use.

    Raises:
        SetupError: a duration, a tag or a name is wrong; the message names the mend.
    """
    # Whatever an author writes arrives here, not only what the annotation allows.
    given: Any = wanted
    if not isinstance(given, Cache):
        raise SetupError(f'{name}: cache must be a Cache, such as cache=Cache(ttl="5m")')
    if wanted.shared not in {True, False}:
        raise SetupError(f"{name}: shared must be True or False")
    for field in ("tags", "vary"):
        if isinstance(getattr(wanted, field), str):
            raise SetupError(f"{name}: {field} must be a list, such as [{getattr(wanted, field)!r}]")
    _check_vary(name, wanted)
    return Caching(
        ttl=seconds(wanted.ttl, of=f"{name}: ttl of its cache"),
        stale=_optional(wanted.stale, of=f"{name}: stale of its cache"),
        negative=_optional(wanted.negative, of=f"{name}: negative of its cache"),
        is_shared=wanted.shared,
        vary=frozenset(wanted.vary),
        templates=tuple(wanted.tags),
        tags_of=_tags_of([_compile_tag(name, tag, {*parameters, _SUBJECT}) for tag in wanted.tags]),
    )


def _optional(text: str | None, *, of: str) -> float:
    return 0.0 if text is None else seconds(text, of=of)


def _check_vary(name: str, wanted: Cache) -> None:
    if wanted.vary and not wanted.shared:
        raise SetupError(f"{name}: vary is for shared answers; without shared=True each caller has their own already")
    for part in wanted.vary:
        if part not in _VARIES_BY:
            raise SetupError(f"{name}: an answer cannot vary by {part!r}; there are {', '.join(_VARIES_BY)}")


def _compile_tag(name: str, template: Any, names: Collection[str]) -> list[tuple[str, str | None]]:
    """The pieces of a tag: fixed text, and the name of what follows it."""
    if not isinstance(template, str) or not template:
        raise SetupError(f"{name}: the tag {template!r} must be a text, such as 'place:{{place}}'")
    try:
        pieces = [(text, field) for text, field, _, _ in string.Formatter().parse(template)]
    except ValueError as error:
        raise SetupError(f"{name}: the tag {template!r} is malformed: {error}") from None
    for _, field in pieces:
        if field is not None and field not in names:
            raise SetupError(
                f"{name}: the tag {template!r} names {field!r}, which is no parameter; there are "
                f"{', '.join(sorted(names))}"
            )
    return pieces


def _tags_of(tags: list[list[tuple[str, str | None]]]) -> TagsOf:
    if not tags:
        return lambda arguments, subject: ()  # noqa: ARG005 the form of the others

    def tags_of(arguments: Mapping[str, Any], subject: str) -> tuple[str, ...]:
        values = {_SUBJECT: subject, **arguments}
        return tuple(
            "".join(text + ("" if field is None else _text(values[field])) for text, field in pieces) for pieces in tags
        )

    return tags_of


def _text(value: Any) -> str:
    if isinstance(value, Enum):
        value = value.value
    return "" if value is None else str(value)
