"""Settings from files, as container platforms mount secrets: ``PLUGWRIGHT_SECRET_FILE=/run/secrets/secret``."""

import os
from collections.abc import Iterable
from pathlib import Path


def settings_in_files(fields: Iterable[str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The values in files by field, and what is wrong by field. The newline at a file's end is no part of its value."""
    values: dict[str, str] = {}
    problems: list[tuple[str, str]] = []
    for field in fields:
        variable = f"PLUGWRIGHT_{field.upper()}"
        name = os.environ.get(f"{variable}_FILE")
        if not name:
            continue
        if os.environ.get(variable):
            problems.append((field, f"{variable}_FILE is set as well; set one of the two"))
            continue
        try:
            text = Path(name).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            problems.append((field, f"the file that {variable}_FILE names cannot be read: {reason}"))
            continue
        if text.strip():
            values[field] = text
        else:
            problems.append((field, f"the file that {variable}_FILE names is empty"))
    return values, problems
