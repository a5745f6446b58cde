"""Writing files into a project, never over what somebody wrote there."""

from collections.abc import Iterable
from pathlib import Path

from plugwright.authoring.deploy.rendering import File
from plugwright.errors import SetupError


def write_files(folder: Path, files: Iterable[File], *, force: bool) -> list[str]:
    """Write all files or none, and tell of each what was done.

    Raises:
        SetupError: one is there already and says something else, or the folder cannot be written to.
    """
    wanted = [file for file in files if not (file.is_shared and (folder / file.path).exists())]
    changed = [file for file in wanted if not _is_same(folder / file.path, file.text)]
    in_the_way = [file.path for file in changed if (folder / file.path).exists()]
    if in_the_way and not force:
        raise SetupError(f"{', '.join(in_the_way)}: already there; --force overwrites, --into writes elsewhere")
    try:
        for file in changed:
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8")
    except OSError as error:
        raise SetupError(f"cannot write {error.filename}: {error.strerror}") from None
    return [file.path for file in changed]


def _is_same(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, ValueError):
        return False
