"""A plugin that cannot be found: one clear line, exit code 2, no traceback."""

import pytest

from tests.cli.commands import Folder

WRONG_TARGETS = {
    "sample": "MODULE:ATTR",
    "sample:": "MODULE:ATTR",
    ":plugin": "MODULE:ATTR",
    "": "MODULE:ATTR",
    ".sample:plugin": "MODULE:ATTR",
    "./sample.py:plugin": "MODULE:ATTR",
    "nothing:plugin": "no module 'nothing'",
    "nothing.at.all:plugin": "no module 'nothing.at.all'",
    "sample.inner:plugin": "sample.inner",
    "sample:plugins": "no 'plugins'",
    "sample:plugin.inner": "no 'plugin.inner'",
    "sample:number": "int, not a Plugin",
    "sample:Stop": "not a Plugin",
    "sample:add": "function, not a Plugin",
}


@pytest.mark.parametrize("target", WRONG_TARGETS)
def test_a_wrong_target_gets_one_clear_line_and_exit_code_2(target: str, folder: Folder):
    ended = folder.run("list", target)
    assert ended.is_one_clear_line, ended
    assert WRONG_TARGETS[target] in ended.err


@pytest.mark.parametrize("target", ["nothing:plugin", "sample:nothing", "sample:number"])
@pytest.mark.parametrize("command", ["list", "call", "stdio"])
def test_every_command_refuses_a_wrong_target_alike(command: str, target: str, folder: Folder):
    ended = folder.run(command, target, *(["add"] if command == "call" else []))
    assert ended.is_one_clear_line, ended


def test_a_missing_package_of_the_plugin_is_named(folder: Folder):
    folder.write("needy.py", "import a_package_that_is_not_there\n")
    ended = folder.run("list", "needy:plugin")
    assert ended.is_one_clear_line
    assert "module 'needy' needs 'a_package_that_is_not_there', which is not installed" in ended.err


def test_a_refused_definition_is_one_line_too(folder: Folder):
    folder.write("wrong.py", "from tests.operations.plugins import new_plugin\nplugin = new_plugin(name='2')\n")
    ended = folder.run("list", "wrong:plugin")
    assert ended.is_one_clear_line
    assert "name '2' is not usable" in ended.err


def test_a_plugin_may_be_in_a_package_or_an_attribute_of_an_attribute(folder: Folder):
    (folder.path / "package").mkdir()
    folder.write("package/__init__.py", "")
    folder.write("package/inner.py", "class Here:\n    from sample import plugin\n")
    assert folder.run("list", "package.inner:Here.plugin").code == 0
