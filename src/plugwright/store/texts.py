"""Texts from outside, made such that both kinds of database take them."""


def storable(text: str, length: int) -> str:
    """A text without what PostgreSQL has no room for (NUL, lone surrogates), cut to so many characters."""
    return text[:length].replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def is_storable(text: str, length: int) -> bool:
    """Whether a text that identifies something, and so cannot be changed, is stored as it is."""
    return 0 < len(text) <= length and storable(text, length) == text
