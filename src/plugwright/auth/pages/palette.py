"""The colours of the pages, light and dark, and those that follow from the author's own."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from plugwright.auth.pages.colors import BLACK, EDGE_CONTRAST, WHITE, readable, text_on


@dataclass(frozen=True, slots=True)
class Palette:
    """One theme: texts are ``ink`` and ``soft`` on ``page``, ``card`` and ``inset``; notices have their own pairs."""

    page: str
    card: str
    inset: str
    ink: str
    soft: str
    line: str
    field_edge: str
    warn: str
    warn_ink: str
    warn_edge: str
    alert: str
    alert_ink: str
    alert_edge: str


LIGHT: Final = Palette(
    page="#f2f4f7",
    card="#ffffff",
    inset="#f6f8fa",
    ink="#16202c",
    soft="#525f6e",
    line="#dbe1e8",
    field_edge="#818d9b",
    warn="#fff5dc",
    warn_ink="#5a4100",
    warn_edge="#dcae3c",
    alert="#fdeeed",
    alert_ink="#8a1c15",
    alert_edge="#d9655c",
)
DARK: Final = Palette(
    page="#0e1319",
    card="#171e27",
    inset="#1d2631",
    ink="#e9eef5",
    soft="#a8b4c4",
    line="#2d3846",
    field_edge="#718094",
    warn="#2f2710",
    warn_ink="#f4d78f",
    warn_edge="#8f7124",
    alert="#371a1a",
    alert_ink="#ffb8b0",
    alert_edge="#a8534b",
)


def style_rules(color: str) -> str:
    """CSS that names every colour as a custom property, for both themes."""
    light = _rule(LIGHT, color, towards=BLACK)
    dark = _rule(DARK, color, towards=WHITE)
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def brand_colors(palette: Palette, color: str, *, towards: str) -> Mapping[str, str]:
    """What follows from the author's colour in one theme.

    ``brand`` is the colour itself, ``brand_ink`` the text on it, ``brand_edge`` an outline that sets it off the card,
    and ``accent`` the nearest colour in which links can be read.
    """
    grounds = (palette.page, palette.card, palette.inset)
    return {
        "brand": color,
        "brand_ink": text_on(color),
        "brand_edge": readable(color, on=(palette.card,), towards=towards, least=EDGE_CONTRAST),
        "accent": readable(color, on=grounds, towards=towards),
    }


def _rule(palette: Palette, color: str, *, towards: str) -> str:
    colors = {**asdict(palette), **brand_colors(palette, color, towards=towards)}
    return "".join(f"--{name.replace('_', '-')}:{value};" for name, value in colors.items())
