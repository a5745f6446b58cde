"""Readable colours: relative luminance and contrast as WCAG 2.2 defines them (§1.4.3)."""

import re
from collections.abc import Iterable
from typing import Final

BLACK: Final = "#000000"
WHITE: Final = "#ffffff"
TEXT_CONTRAST: Final = 4.5  # WCAG AA for text of any size
EDGE_CONTRAST: Final = 3.0  # WCAG AA for the outlines of controls (§1.4.11)
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_STEPS: Final = 20


def is_color(text: str) -> bool:
    """Whether a text is a colour of the form ``#rrggbb``, and nothing besides."""
    return _COLOR.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def text_on(background: str) -> str:
    """Black or white, whichever can be read on a background; one of the two always reaches 4.5."""
    return WHITE if contrast(WHITE, background) >= TEXT_CONTRAST else BLACK


def readable(color: str, *, on: Iterable[str], towards: str, least: float = TEXT_CONTRAST) -> str:
    """The colour, moved towards another only as far as its contrast with every background needs."""
    backgrounds = tuple(on)
    for step in range(_STEPS):
        candidate = _mix(color, towards, step / _STEPS)
        if all(contrast(candidate, background) >= least for background in backgrounds):
            return candidate
    return towards


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 sRGB's own figures


def _mix(color: str, other: str, share: float) -> str:
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)
