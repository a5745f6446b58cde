"""Secrets that are looked for wherever they must not be: as they are, in hexadecimal digits, and in base64."""

from __future__ import annotations

import secrets
import sqlite3
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, inspect, text


def new_canary() -> str:
    """A secret that occurs nowhere else."""
    return secrets.token_hex(16)


def forms_of(canary: str) -> set[bytes]:
    """What a secret looks like where somebody encoded it, alone or between other bytes."""
    raw = canary.encode()
    forms = {raw, raw.upper(), raw.hex().encode(), raw.hex().upper().encode(), raw[::-1]}
    for encode in (b64encode, urlsafe_b64encode):
        for offset in range(3):
            # Without the letters at both ends, which depend on the neighbours.
            forms.add(encode(b"\0" * offset + raw)[2 if offset == 1 else 4 if offset == 2 else 0 :][:-4])
    return forms


def hits(places: Mapping[str, bytes], canaries: Mapping[str, str]) -> list[tuple[str, str]]:
    """Which secret is in which place."""
    return [
        (name, place)
        for name, canary in canaries.items()
        for place, content in places.items()
        if any(form in content for form in forms_of(canary))
    ]


def files_below(*folders: Path) -> dict[str, bytes]:
    """The content of every file in some folders."""
    return {str(file): file.read_bytes() for folder in folders for file in folder.rglob("*") if file.is_file()}


def dump(c: Connection) -> bytes:
    """Every value of every table, as text."""
    lines: list[str] = []
    for table in inspect(c).get_table_names():
        lines += [repr(tuple(_plain(row))) for row in c.execute(text(f'SELECT * FROM "{table}"'))]  # noqa: S608 names of tables
    return "\n".join(lines).encode()


def _plain(row: Iterable[object]) -> list[object]:
    return [value.hex() if isinstance(value, bytes) else value for value in row]


def settle(file: Path) -> None:
    """Bring what SQLite has in its journal into the file."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
