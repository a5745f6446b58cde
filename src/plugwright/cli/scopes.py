"""Scopes as they are given on the command line."""

import re
from collections.abc import Sequence
from typing import Annotated

import typer

from plugwright.errors import SetupError

Scopes = Annotated[
    list[str] | None, typer.Option("--scope", metavar="SCOPE", help="A scope that it may have. Repeatable.")
]

_SCOPE = re.compile(r"[!#-\[\]-~]{1,100}")


def scopes_of(given: Sequence[str]) -> frozenset[str]:
    """The scopes in the values of ``--scope``.

    Raises:
        SetupError: one is not of the form of RFC 6749 §3.3.
    """
    scopes = frozenset(word for text in given for word in text.split() or [""])
    for scope in scopes:
        if not _SCOPE.fullmatch(scope):
            raise SetupError(f"--scope {scope!r} must be 1 to 100 printable ASCII characters without quotes")
    return scopes
