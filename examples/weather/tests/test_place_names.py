"""Names of places: what may be in one, and when two are the same."""

from __future__ import annotations

import pytest

from examples.weather.place_names import name_key, read_name
from plugwright import InvalidInput


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("home", "home"),
        ("  Mum's \t house ", "Mum's house"),
        ("Cafe\u0301", "Café"),
        ("家", "家"),
        ("🏠", "🏠"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    ],
)
def test_a_name_is_kept_as_it_is_meant(written: str, kept: str):
    assert read_name(written) == kept


@pytest.mark.parametrize(
    "text",
    [
        *("ho\x00me", "ho\x1bme", "\u202ehome", "ho\u200bme", "home\U000e0041", "\ufeffhome", "\ue000"),
        *(" ", "-", "...", "'", "\u200d"),
    ],
    ids=ascii,
)
def test_what_cannot_be_seen_or_told_apart_is_no_name(text: str):
    with pytest.raises(InvalidInput) as refused:
        read_name(text)
    assert [detail.field for detail in refused.value.details] == ["name"]


@pytest.mark.parametrize("other", ["HOME", "Home", "höme", "ho me"])
def test_capitals_and_accents_make_no_other_name_but_spaces_do(other: str):
    assert (name_key("home") == name_key(other)) == (" " not in other)
