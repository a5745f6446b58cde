"""The author's project: how its packages are locked."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LOCKS = ("uv.lock", "requirements.txt")


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a plugin."""

    folder: Path

    @property
    def lock(self) -> str:
        """The file that says which packages an image gets: that of uv unless there is only the other."""
        found = [name for name in _LOCKS if (self.folder / name).exists()]
        return found[0] if found else _LOCKS[0]

    def missing(self, *, needs_postgresql: bool) -> Iterator[str]:
        """What the lock lacks, and how to mend it."""
        path = self.folder / self.lock
        wanted = "'plugwright[postgres]'" if needs_postgresql else "plugwright"
        if not path.exists():
            yield f"There is no uv.lock, from which the packages are installed: uv init --bare && uv add {wanted}"
            return
        text = path.read_text(encoding="utf-8", errors="replace").lower()
        if "plugwright" not in text:
            yield f"{self.lock} has no plugwright: add {wanted}"
        elif needs_postgresql and "psycopg" not in text:
            yield f"{self.lock} has no driver for PostgreSQL: add {wanted}"
