"""How often an operation may be called, as authors write it: ``"60/minute"``, several at once, and per whom."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from plugwright.errors import SetupError
from plugwright.operations.durations import seconds

LimitBy = Literal["principal", "client", "address"]
"""Whose calls are counted together: those of one user, of one OAuth client, or of one network address."""

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_FORM = re.compile(r"([0-9]{1,9})\s*/\s*(\S+)")
_EXAMPLE = 'write calls per time, such as "60/minute" or "20/10s"'


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``calls`` within any ``window`` of that many seconds; ``text`` says it as its author did."""

    calls: int
    window: int
    text: str

    @property
    def period(self) -> str:
        """The window in words, as far as there is one for it."""
        return next((unit for unit, length in _UNITS.items() if length == self.window), f"{self.window}s")


@dataclass(frozen=True, slots=True)
class Limits:
    """Everything that calls are counted against at once, the shortest window first, and whose calls these are."""

    limits: tuple[Limit, ...]
    by: LimitBy


def compile_limits(of: str, wanted: str | Sequence[str] | None, by: LimitBy | None) -> Limits | None:
    """Check what an author wrote; ``of`` names it in errors.

    Raises:
        SetupError: a limit is malformed, two have the same window, or it is not known per whom.
    """
    if by is not None and by not in get_args(LimitBy):
        raise SetupError(f'{of}: limit_by {by!r} must be "principal", "client" or "address"')
    if wanted is None:
        if by is not None:
            raise SetupError(f'{of}: limit_by without a limit; add limit="60/minute", or leave it out')
        return None
    texts = list(wanted) if isinstance(wanted, (list, tuple)) else [wanted]
    if not texts:
        raise SetupError(f"{of}: limit is empty; {_EXAMPLE}, or leave it out")
    limits = sorted((_limit(of, text) for text in texts), key=lambda limit: limit.window)
    for shorter, longer in pairwise(limits):
        if shorter.window == longer.window:
            raise SetupError(f"{of}: limits {shorter.text!r} and {longer.text!r} count the same time; keep one")
        if shorter.calls >= longer.calls:
            raise SetupError(f"{of}: limit {shorter.text!r} is never reached before {longer.text!r}; mend one of them")
    return Limits(tuple(limits), by or "principal")


def _limit(of: str, text: object) -> Limit:
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None or int(found[1]) == 0:
        raise SetupError(f"{of}: limit {text!r} is not of its form; {_EXAMPLE}")
    window = _UNITS.get(found[2]) or seconds(found[2], of=f"{of}: limit {text!r}")
    if window != int(window):
        # The headers that tell callers of it know whole seconds only.
        raise SetupError(f"{of}: limit {text!r} counts parts of a second; {_EXAMPLE}")
    return Limit(int(found[1]), int(window), found[0])
