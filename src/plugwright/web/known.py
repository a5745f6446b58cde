"""What is remembered of requests, so that their like cost less: bounded, whatever callers send."""

from collections.abc import Sized

_MOST = 1024
_LONGEST = 512  # bytes; what programs send is shorter


def may_remember(known: Sized, *parts: bytes | str | None) -> bool:
    """Whether there is room to remember one more, made of these parts."""
    return len(known) < _MOST and is_short(*parts)


def is_short(*parts: bytes | str | None) -> bool:
    """Whether parts of a request are short enough to be remembered."""
    return sum(len(part) for part in parts if part is not None) <= _LONGEST
