"""Names that people take for the same have the same key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.weather.folding import fold, fold_all


@pytest.mark.parametrize(
    "names",
    [
        ("São Paulo", "sao paulo", "SAO  PAULO", "Sao-Paulo"),
        ("Łódź", "LODZ", "łódź"),
        ("St. John's", "st johns", "Saint John\u2019s"),
        ("İstanbul", "istanbul"),
        ("Straße", "STRASSE"),
        ("\uff34\uff2f\uff2b\uff39\uff2f", "Tokyo"),
        ("\u0623\u0633\u0648\u0627\u0646", "\u0627\u0633\u0648\u0627\u0646"),
        ("Cote d\u2019Azur", "Côte d'Azur"),
        ("A\u200bthens", "Athens"),
    ],
)
def test_spellings_of_one_name_share_a_key(names: tuple[str, ...]) -> None:
    assert len({fold(name) for name in names}) == 1


def test_marks_that_make_another_letter_are_kept() -> None:
    assert fold("ガ") != fold("カ")
    assert fold("ก็") != fold("ก")


@given(st.text())
def test_folding_a_key_again_changes_nothing(name: str) -> None:
    assert fold(fold(name)) == fold(name)


@given(st.lists(st.text(st.characters(exclude_characters="\n")), min_size=1))
def test_many_names_fold_as_each_of_them_does(names: list[str]) -> None:
    assert fold_all(names) == [fold(name) for name in names]
