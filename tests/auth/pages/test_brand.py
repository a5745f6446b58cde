"""What an author sets of the pages, and the colours that follow from it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugwright.auth.pages.brand import Brand
from plugwright.auth.pages.colors import BLACK, WHITE, contrast, readable, text_on
from plugwright.auth.pages.palette import DARK, LIGHT, Palette, brand_colors
from plugwright.errors import SetupError

COLORS = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)
PAIRS = [
    *((ink, ground) for ink in ("ink", "soft") for ground in ("page", "card", "inset")),
    ("warn_ink", "warn"),
    ("alert_ink", "alert"),
]


@pytest.mark.parametrize(
    "color",
    ["", "blue", "#fff", "#12345g", "0b66c3", "#0b66c3;}", "#0b66c3\n", "rgb(1,2,3)", "#0b66c3ff"],
)
def test_a_colour_that_is_not_six_digits_is_refused_and_the_message_says_what_is(color: str):
    with pytest.raises(SetupError, match="six hexadecimal digits"):
        Brand("Weather", color=color)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "a" * 51},
        {"name": "two\nlines"},
        {"logo_path": "https://elsewhere.example/logo.png"},
        {"logo_path": "//elsewhere.example/logo.png"},
        {"logo_path": "/\\elsewhere.example/logo.png"},
        {"legal_url": "javascript:alert(1)"},
        {"support_email": "nobody"},
    ],
)
def test_what_cannot_be_shown_is_refused_by_name(wrong: dict[str, Any]):
    with pytest.raises(SetupError, match=next(iter(wrong))):
        Brand(**{"name": "Weather", **wrong})


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_of_both_themes_can_be_read(palette: Palette):
    colors = asdict(palette)
    low = [(ink, ground) for ink, ground in PAIRS if contrast(colors[ink], colors[ground]) < 4.5]
    assert low == []
    assert contrast(palette.field_edge, palette.card) >= 3


@given(COLORS)
def test_whatever_the_brands_colour_text_on_it_and_in_it_can_be_read(color: str):
    assert contrast(text_on(color), color) >= 4.5
    for palette, towards in ((LIGHT, BLACK), (DARK, WHITE)):
        colors = brand_colors(palette, color, towards=towards)
        assert min(contrast(colors["accent"], ground) for ground in (palette.page, palette.card, palette.inset)) >= 4.5
        assert contrast(colors["brand_edge"], palette.card) >= 3


def test_contrast_is_that_of_wcag():
    assert contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast("#777777", WHITE) == pytest.approx(4.478, abs=0.001)
    assert contrast("#0000ff", WHITE) == pytest.approx(8.592, abs=0.001)


def test_a_colour_that_can_be_read_already_stays_as_it_is():
    assert readable("#0b57d0", on=("#ffffff",), towards=BLACK) == "#0b57d0"
