"""Text that others wrote, made safe to read: a client's name must not pass for words of the page (RFC 6749 §10.14)."""

import unicodedata
from typing import Final

_MOST_READ: Final = 2000
_MOST_MARKS: Final = 2  # combining marks on one letter; more of them run over the lines above and below
_ELLIPSIS: Final = "…"
# Control and format characters (bidirectional overrides, tags, zero-width ones), surrogates, private and unassigned.
_UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# What draws nothing although its category is that of a letter, a mark or a symbol.
_UNSEEN: Final = frozenset(
    {
        0x034F,
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        0x2800,
        0x3164,
        0xFFA0,
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    }
)


def clean(text: str, limit: int) -> str:
    """One line of visible characters, at most ``limit`` of them; empty when nothing visible is in it."""
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", text[:_MOST_READ]):
        if character.isspace():
            kept.append(" ")
            continue
        category = unicodedata.category(character)
        if category in _UNSEEN_CATEGORIES or ord(character) in _UNSEEN:
            continue
        marks = marks + 1 if category.startswith("M") else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    line = " ".join("".join(kept).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + _ELLIPSIS
