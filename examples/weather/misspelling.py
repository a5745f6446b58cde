"""Finds the words that a misspelt one may stand for."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from string import ascii_lowercase

LAST_CHARACTER = "\U0010ffff"

_LONGEST = 30


def one_slip_away(words: Sequence[str], misspelt: str) -> Iterator[str]:
    """The words that one missing, doubled, wrong or swapped letter turns into ``misspelt``.

    Args:
        words: in order. Only those that begin as the word does up to the slip are looked at, which leaves
            a handful after a few letters.
        misspelt: the word to mend; nothing is found for a very long one.
    """
    letters = sorted({*ascii_lowercase, " ", *misspelt})
    first, last = 0, len(words)
    for at in range(min(len(misspelt), _LONGEST) + 1):
        head, tail = misspelt[:at], misspelt[at:]
        first = bisect_left(words, head, first, last)
        last = bisect_left(words, head + LAST_CHARACTER, first, last)
        if first == last:
            return
        for word in _mended(head, tail, letters):
            position = bisect_left(words, word, first, last)
            if position < last and words[position] == word:
                yield word


def _mended(head: str, tail: str, letters: Iterable[str]) -> Iterator[str]:
    """What the word may have been, if the slip is where it is cut in two."""
    if tail:
        yield head + tail[1:]
    if len(tail) > 1:
        yield head + tail[1] + tail[0] + tail[2:]
    for letter in letters:
        yield head + letter + tail
        if tail:
            yield head + letter + tail[1:]
