"""``plugwright list``."""

import json

from tests.cli.commands import Folder


def test_the_table_has_a_line_for_each_operation_in_order(folder: Folder):
    ended = folder.run_alone("list", "sample:plugin")
    lines = ended.out.splitlines()
    assert (ended.code, ended.err) == (0, "")
    assert [line.split()[0] for line in lines] == ["operation", "add", "forget", "plan_route"]
    assert lines[0].split() == ["operation", "effect", "REST", "inputs", "what", "it", "does"]
    assert lines[2].split() == ["forget", "destroy", "DELETE", "/forget", "city", "Forget", "a", "city."]
    assert "POST /plan-route" in lines[3]


def test_inputs_that_may_be_left_out_and_texts_keep_their_brackets(folder: Folder):
    [_, add, *_] = folder.run_alone("list", "sample:plugin").out.splitlines()
    assert "a, [b], [minus]" in add
    assert "[or take one from the other]" in add


def test_json_says_everything_a_program_needs(folder: Folder):
    ended = folder.run("list", "sample:plugin", "--json")
    operations = json.loads(ended.out)
    assert [operation["name"] for operation in operations] == ["add", "forget", "plan_route"]
    assert operations[0] == {
        "name": "add",
        "title": "Add",
        "summary": "Add two numbers [or take one from the other].",
        "effect": "read",
        "open_world": False,
        "idempotent": True,
        "method": "GET",
        "path": "/add",
        "input": {
            "type": "object",
            "properties": {
                "a": {"type": "integer"},
                "b": {"type": "number", "default": 0.5, "description": "Another number."},
                "minus": {"type": "boolean", "default": False},
            },
            "required": ["a"],
            "additionalProperties": False,
        },
        "output": {"type": "number"},
    }
    assert operations[1]["output"] is None


def test_a_plugin_without_operations_is_an_empty_list(folder: Folder):
    folder.write("empty.py", "from tests.operations.plugins import new_plugin\nplugin = new_plugin()\n")
    assert json.loads(folder.run("list", "empty:plugin", "--json").out) == []
    assert folder.run("list", "empty:plugin").code == 0
