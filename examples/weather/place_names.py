"""Names that people give their places: what may be in one, and when two are the same."""

import unicodedata

from examples.weather.folding import fold
from plugwright import InvalidInput
from plugwright.errors import Detail

# Controls, surrogates, private use, and the invisible: what a person cannot see should not stand in their list.
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co"})
_JOINERS = "\u200c\u200d"  # invisible too, but a part of how Persian and family emoji are written


def read_name(text: str) -> str:
    """A name as it is kept: composed, with single spaces.

    Raises:
        InvalidInput: it holds what cannot be seen, or nothing that could be told from another name.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if any(unicodedata.category(character) in _REFUSED and character not in _JOINERS for character in name):
        raise _refusal("must not hold control or invisible characters")
    if not name_key(name):
        raise _refusal("needs a letter, a digit or an emoji")
    return name


def name_key(name: str) -> str:
    """The same for all writings of one name: Home, HOME and höme are one place."""
    return fold(name)


def _refusal(problem: str) -> InvalidInput:
    return InvalidInput("This cannot be the name of a place.", details=[Detail("name", problem)])
