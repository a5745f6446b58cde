"""Identities that code or a service of others gave, checked before an account is made of them."""

from plugwright.auth.kinds import Identity

_LONGEST_ID = 512
_LONGEST_NAME = 200


class UnusableIdentity(Exception):
    """What was given is no identity; the message says what to give."""


def usable(given: object) -> Identity:
    """The identity, with a name that can be shown.

    Raises:
        UnusableIdentity: it is none, or its identifier cannot be one.
    """
    if not isinstance(given, Identity):
        raise UnusableIdentity(f"authenticate gave {type(given).__name__}; return an Identity or None")
    identifier = given.id
    if not _is_identifier(identifier):
        raise UnusableIdentity(f"Identity.id must be text of 1 to {_LONGEST_ID} printable characters")
    shown = "".join(character for character in str(given.name)[:_LONGEST_NAME] if character.isprintable())
    return Identity(identifier, shown.strip() or identifier[:_LONGEST_NAME])


def _is_identifier(given: object) -> bool:
    return isinstance(given, str) and 0 < len(given) <= _LONGEST_ID and given.isprintable()
