"""The groups of commands: what the program loads for them, and that help and reference name all they take."""

import re
from pathlib import Path
from typing import Any

import click
import pytest
import typer.main

from plugwright.cli.main import app
from tests.cli.commands import ROOT, Folder
from tests.cli.test_program import loaded_by

COMMANDS = {
    "users": ["add", "list", "disable", "enable", "password"],
    "clients": ["add", "list", "show", "remove"],
    "keys": ["issue", "list", "revoke"],
    "tokens": ["revoke"],
    "db": ["upgrade", "check"],
}
EACH = [(group, name) for group, names in COMMANDS.items() for name in names]
REFERENCE = (ROOT / "docs/reference.md").read_text(encoding="utf-8")


def command_of(group: str, name: str) -> Any:
    """A command as typer has made it."""
    program: Any = typer.main.get_command(app)
    context: Any = click.Context(program)
    return program.get_command(context, group).get_command(context, name)


def test_what_the_groups_need_is_not_loaded_for_the_others_or_for_help():
    code = "import sys; sys.argv = ['plugwright', '--help']\n"
    code += "from plugwright.cli.main import app\napp(standalone_mode=False)"

    assert loaded_by(code) & {"sqlalchemy", "alembic", "argon2", "starlette", "rich", "psycopg"} == set()


@pytest.mark.parametrize("group", COMMANDS)
def test_a_group_names_its_commands(group: str, folder: Folder):
    ended = folder.run(group, "--help")

    assert ended.code == 0
    assert re.findall(r"^  ([a-z]+)  ", ended.out.split("Commands:")[1], re.MULTILINE) == COMMANDS[group]


@pytest.mark.parametrize(("group", "name"), EACH)
def test_every_command_has_help_and_says_what_each_option_does(group: str, name: str, folder: Folder):
    ended = folder.run(group, name, "--help")
    command = command_of(group, name)

    assert ended.code == 0
    assert ended.out.startswith(f"Usage: plugwright {group} {name} ")
    assert [parameter.name for parameter in command.params if not parameter.help] == []


@pytest.mark.parametrize(("group", "name"), EACH)
def test_every_command_and_option_of_a_group_is_in_the_reference(group: str, name: str):
    rows = [line for line in REFERENCE.splitlines() if re.match(rf"\| `plugwright {group} (\w+\|)*{name}[ |`]", line)]

    assert len(rows) == 1
    options = [item.opts[0] for item in command_of(group, name).params if item.param_type_name == "option"]
    assert [option for option in options if f"`{option}`" not in rows[0] and f"`{option} " not in rows[0]] == []


@pytest.mark.parametrize("words", [["users"], ["users", "ad"], ["db", "check", "--colour"], ["keys", "issue"]], ids=str)
def test_a_command_that_is_none_ends_with_code_2_and_its_usage(words: list[str], folder: Folder):
    ended = folder.run(*words)

    assert ended.code == 2
    assert "Usage: plugwright" in ended.err
    assert "Traceback" not in ended.err
    assert list(Path(folder.path).glob("*.db*")) == []
