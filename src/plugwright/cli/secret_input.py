"""Secrets that a person gives a command: typed unseen or piped in, never an argument."""

import getpass
import sys
from collections.abc import Callable
from typing import Any

from pydantic import SecretStr
from typer.core import TyperCommand

from plugwright.errors import SetupError

_MOST_BYTES = 10_000
_GUESSED = frozenset({"--password", "--pass", "--secret", "--token", "--key", "-p"})


class ReadsSecret(TyperCommand):
    """A command that reads a secret; somebody who gives it as an argument is told how it is done instead."""

    allow_extra_args = True

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take options and arguments.

        Raises:
            SetupError: there is more than the command takes, which may be the secret.
        """
        if any(word.partition("=")[0] in _GUESSED for word in args) or super().parse_args(ctx, args):
            raise SetupError(
                "a secret is never an argument, since the shell's history and the list of processes would keep it; "
                "leave it out and type it when asked, or pipe it in: plugwright ... < FILE"
            )
        return []


def read_secret(what: str) -> SecretStr:
    """A secret, asked for at a terminal, or the first line of standard input.

    Raises:
        SetupError: there is none.
    """
    text = getpass.getpass(f"{what}: ") if _is_terminal() else _first_line(what)
    if not text:
        raise SetupError(f"no {what.lower()} was given; type it when asked, or pipe it into the command")
    return SecretStr(text)


def read_new_secret(what: str, check: Callable[[SecretStr], None]) -> SecretStr:
    """A secret that is acceptable to a check; at a terminal it is asked for twice.

    Raises:
        SetupError: there is none, or the two differ.
    """
    secret = read_secret(what)
    check(secret)
    if _is_terminal() and getpass.getpass(f"{what} again: ") != secret.get_secret_value():
        raise SetupError("the two are not the same; nothing was changed")
    return secret


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()  # pyright: ignore[reportUnnecessaryComparison] it may be closed


def _first_line(what: str) -> str:
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] it may be closed
        return ""
    line = sys.stdin.buffer.readline(_MOST_BYTES + 1)
    if len(line) > _MOST_BYTES:
        raise SetupError(f"the {what.lower()} on standard input is longer than {_MOST_BYTES:,} bytes")
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise SetupError(f"the {what.lower()} on standard input is not UTF-8") from None
