"""Usernames: one account for every way to write a name."""

import unicodedata

from plugwright.errors import InvalidInput

_LONGEST = 100
# Letters are at most 18 times as long in their normal form; what is longer than this is not even looked at.
_LONGEST_WRITTEN = 400


def username_key(text: str) -> str:
    """What is stored and looked up of a username: the same for names that only differ in case or in form.

    Raises:
        InvalidInput: it is empty, longer than 100 characters, or holds control characters.
    """
    name = "" if len(text) > _LONGEST_WRITTEN else _folded(text)
    if not 0 < len(name) <= _LONGEST or any(_is_control(character) for character in name):
        raise InvalidInput(f"A username has 1 to {_LONGEST} characters, and no control characters")
    return name


def _folded(text: str) -> str:
    # Unicode §3.13, D146: folding may undo the normal form, and the normal form may hold letters to fold
    name = text.strip()
    for _ in range(2):
        name = unicodedata.normalize("NFKC", name.casefold())
    return name.strip()


def _is_control(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] == "C" or category in {"Zl", "Zp"}
