"""One slip of the pen is forgiven, of every kind and at every place in the word."""

from hypothesis import given
from hypothesis import strategies as st

from examples.weather.misspelling import one_slip_away

WORDS = st.text("abcé ", min_size=2, max_size=8)


@given(word=WORDS, others=st.lists(WORDS), data=st.data())
def test_a_word_with_one_slip_is_found(word: str, others: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcxyz"))
    swapped = word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]
    slips = [word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :], swapped]
    if word[at].isascii():
        slips.append(word[:at] + word[at + 1 :])
    words = sorted({word, *others})
    for slip in slips:
        if "é" in slip or "é" not in word:  # a letter beyond the Latin 26 is only known if the slip has it too
            assert word in set(one_slip_away(words, slip))


def test_nothing_else_is_found() -> None:
    words = sorted(["london", "londinium", "paris"])
    assert set(one_slip_away(words, "lodnon")) == {"london"}
    assert set(one_slip_away(words, "ldnon")) == set()
    assert set(one_slip_away([], "london")) == set()
