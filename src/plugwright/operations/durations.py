"""Durations as authors write them: ``"5s"``, ``"2m"``, ``"250ms"``."""

import re

from plugwright.errors import SetupError

_FORM = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(text: object, *, of: str) -> float:
    """The seconds that a text such as ``"5s"`` stands for; ``of`` names the setting in the error.

    Raises:
        SetupError: the text is not a number followed by ms, s, m, h or d, or is zero.
    """
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    value = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if value <= 0:
        raise SetupError(f'{of}: {text!r} is not a duration; write a number and a unit, such as "5s" or "2m"')
    return value
