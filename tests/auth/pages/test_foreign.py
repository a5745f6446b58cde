"""Names that others chose: nothing in them changes what the page says."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugwright.auth.pages.foreign import clean


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("ChatGPT", "ChatGPT"),
        ("  two\r\n\tlines\x00 ", "two lines"),
        ("\u202eTPGtahC", "TPGtahC"),
        ("\u2066a\u2069b\u200fc\u061c", "abc"),
        ("Chat\u200bGPT\ufeff\u00ad", "ChatGPT"),
        ("ok\U000e0041\U000e0042\U000e007f", "ok"),
        ("a\u3164\u115f\u2800b\U000e0100", "ab"),
        ("\u2028\u2029\u0085line", "line"),
        ("e" + "\u0301" * 40, "é\u0301\u0301"),
        ("\ud800x\ue000\U0010ffff", "x"),
        ("天气 助手", "天气 助手"),
        ("\u200b\u202e\x07", ""),
        ("", ""),
    ],
)
def test_only_what_can_be_seen_is_kept(given_text: str, shown: str):
    assert clean(given_text, 100) == shown


def test_a_long_name_is_cut_and_says_so():
    assert clean("a" * 10_000, 100) == "a" * 99 + "…"
    assert clean("a" * 100, 100) == "a" * 100


@given(st.text(max_size=300), st.integers(1, 100))
def test_what_is_shown_is_one_bounded_line_without_controls(text: str, limit: int):
    shown = clean(text, limit)
    assert len(shown) <= limit
    assert shown == " ".join(shown.split())
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
