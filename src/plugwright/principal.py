"""Who is calling."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller who has proved who they are.

    ``subject`` identifies the user, for ever the same and never reused; for a plugin with one key for all it is the
    service that holds the key. ``client`` is the OAuth client that acts for the user, where there is one. ``scopes``
    are what the user allowed that client.
    """

    subject: str
    client: str | None = None
    scopes: frozenset[str] = frozenset()
