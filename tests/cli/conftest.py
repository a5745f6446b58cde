"""What the tests of the command line share."""

from pathlib import Path

import pytest

from tests.cli.commands import Folder
from tests.cli.operators import Operator


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Folder:
    """A folder with the plugin ``sample:plugin``, which commands run in."""
    return Folder(tmp_path, monkeypatch, capsys)


@pytest.fixture
def operator(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """An operator in the folder, with a database that is not there yet."""
    return Operator(folder, monkeypatch)
