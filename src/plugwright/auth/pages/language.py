"""Which language a person reads, by Accept-Language (RFC 9110 §12.5.4)."""

import re
from enum import StrEnum

_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*[qQ]\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?"
)
_SIMPLIFIED = frozenset({"cn", "sg", "my"})
_MOST_READ = 1000


class Language(StrEnum):
    """A language the pages are written in, by its tag (RFC 5646)."""

    ENGLISH = "en"
    CHINESE = "zh-Hans"


def choose_language(accept_language: str | None) -> Language:
    """The language a person likes best among those there are; English for want of any."""
    best, best_weight = Language.ENGLISH, 0.0
    for part in (accept_language or "")[:_MOST_READ].split(","):
        if (match := _RANGE.fullmatch(part)) is None:
            continue
        language = _language_of(match[1].lower())
        weight = float(match[2] or 1)
        if language is not None and weight > best_weight:
            best, best_weight = language, weight
    return best


def _language_of(tag: str) -> Language | None:
    primary, *rest = tag.split("-")
    if primary in {"en", "*"}:
        return Language.ENGLISH
    if primary != "zh":
        return None
    # Who reads traditional characters is better served by whatever comes next in the list.
    if not rest or rest[0] == "hans" or rest[0] in _SIMPLIFIED:
        return Language.CHINESE
    return None
