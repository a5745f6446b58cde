"""The program as a whole: help, version, and how little it loads for them."""

import subprocess
import sys

import pytest

from plugwright import __version__
from tests.cli.commands import Folder

# What only a running server, or a table, needs.
HEAVY = {"uvicorn", "starlette", "httptools", "uvloop", "watchfiles", "jinja2", "yaml", "cryptography", "structlog"}


def loaded_by(code: str) -> set[str]:
    """The top-level modules that some code loads, in a process of its own."""
    program = f"{code}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    return set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    )


def test_help_names_every_command(folder: Folder):
    ended = folder.run("--help")
    assert ended.code == 0
    assert [name for name in ("serve", "dev", "call", "list", "stdio") if name not in ended.out] == []


@pytest.mark.parametrize("command", ["serve", "dev", "call", "list", "stdio"])
def test_every_command_has_help(command: str, folder: Folder):
    ended = folder.run(command, "--help")
    assert ended.code == 0
    assert "MODULE:ATTR" in ended.out


def test_the_version_is_printed(folder: Folder):
    ended = folder.run("--version")
    assert (ended.code, ended.out) == (0, f"plugwright {__version__}\n")


@pytest.mark.parametrize("words", [[], ["fly"], ["serve"], ["list", "sample:plugin", "--colour"]], ids=str)
def test_a_command_that_is_none_ends_with_code_2_and_no_traceback(words: list[str], folder: Folder):
    ended = folder.run(*words)
    assert ended.code == 2
    assert "Usage: " in ended.out + ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("code", ["import plugwright", "import plugwright.cli.main"])
def test_what_only_a_server_needs_is_not_loaded_by_the_package_or_the_command_line(code: str):
    assert loaded_by(code) & HEAVY == set()


def test_defining_a_plugin_loads_no_server():
    code = "from tests.operations.plugins import plugin_of, giving; plugin_of(giving(int, 1))"
    # The helper itself loads the test client, and that the settings; neither serves.
    assert loaded_by(code) & HEAVY == set()
