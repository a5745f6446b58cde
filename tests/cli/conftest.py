"""What the tests of the command line share."""

from pathlib import Path

import pytest

from tests.cli.commands import Folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Folder:
    """A folder with the plugin ``sample:plugin``, which commands run in."""
    return Folder(tmp_path, monkeypatch, capsys)
