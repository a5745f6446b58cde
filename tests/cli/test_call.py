"""``plugwright call``."""

import json

import pytest

from tests.cli.commands import Folder


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["a=1"], 1.5),
        (["a=1", "b=2"], 3.0),
        (["a=-1", "b=2.5e1"], 24.0),
        (["a=1", "minus=true"], 0.5),
        (["b=1", "a=1", "minus=false"], 2.0),
    ],
)
def test_scalars_are_read_by_their_types(words: list[str], answer: float, folder: Folder):
    ended = folder.run("call", "sample:plugin", "add", *words)
    assert (ended.code, json.loads(ended.out), ended.err) == (0, answer, "")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (['stops=[{"city":"Oslo"}]'], {"cities": ["Oslo"], "home": None, "tags": []}),
        (['stops={"city":"Oslo"}', 'stops={"city":"Rome"}'], {"cities": ["Oslo", "Rome"], "home": None, "tags": []}),
        (["stops=[]", 'home={"city":"東京"}'], {"cities": [], "home": "東京", "tags": []}),
        (["stops=[]", "home=null"], {"cities": [], "home": None, "tags": []}),
        (["stops=[]", "tags=a"], {"cities": [], "home": None, "tags": ["a"]}),
        (["stops=[]", "tags=a", "tags=5", "tags=a=b"], {"cities": [], "home": None, "tags": ["a", "5", "a=b"]}),
        (["stops=[]", 'tags=["a","b"]'], {"cities": [], "home": None, "tags": ["a", "b"]}),
    ],
)
def test_lists_are_repeated_and_nested_inputs_are_json(words: list[str], answer: object, folder: Folder):
    ended = folder.run("call", "sample:plugin", "plan_route", *words)
    assert (ended.code, json.loads(ended.out)) == (0, answer)


def test_an_answer_is_printed_as_readable_json(folder: Folder):
    ended = folder.run("call", "sample:plugin", "plan_route", "stops=[]", 'home={"city":"東京"}')
    assert ended.out == '{\n  "cities": [],\n  "home": "東京",\n  "tags": []\n}\n'


def test_nothing_is_printed_as_null(folder: Folder):
    assert folder.run("call", "sample:plugin", "forget", "city=Oslo").out == "null\n"


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("add", [], ["invalid_input: ", "a: Required"]),
        ("add", ["a=x"], ["invalid_input: ", "a: ", "integer"]),
        ("add", ["a=1", "c=1"], ["invalid_input: ", "c: Unknown field"]),
        ("add", ["a="], ["invalid_input: ", "a: "]),
        ("add", ["a=1\u0665"], ["invalid_input: ", "a: "]),
        ("add", ["a=" + "1" * 5000], ["invalid_input: ", "a: "]),
        ("add", ["a=1", "b=1e999"], ["invalid_input: ", "b: "]),
        ("plan_route", ['stops=[{"town":"Oslo"}]'], ["invalid_input: ", "stops.0.city: Required"]),
        ("forget", ["city=Atlantis"], ["not_found: No city called 'Atlantis'\n", "  city: unknown\n"]),
    ],
)
def test_a_refusal_is_told_on_standard_error_with_exit_code_1(
    name: str, words: list[str], said: list[str], folder: Folder
):
    ended = folder.run("call", "sample:plugin", name, *words)
    assert (ended.code, ended.out) == (1, "")
    assert "Traceback" not in ended.err
    assert [part for part in said if part not in ended.err] == []


def test_an_unforeseen_failure_is_masked_and_logged_with_exit_code_1(folder: Folder):
    ended = folder.run("call", "sample:plugin", "forget", "city=Pompeii")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines()[-1].startswith("internal_error: ")
    assert "RuntimeError: the mountain" in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing"], "there is no operation 'nothing'; there are: add, forget, plan_route"),
        (["add", "a=1", "a=2"], "a is given twice"),
        (["add", "a"], "'a' is not of the form KEY=VALUE"),
        (["plan_route", "stops=[{"], "stops: '[{' is not JSON"),
        (["plan_route", "stops=[]", "home={"], "home: '{' is not JSON"),
    ],
)
def test_a_wrong_command_gets_one_clear_line_and_exit_code_2(words: list[str], said: str, folder: Folder):
    ended = folder.run("call", "sample:plugin", *words)
    assert ended.is_one_clear_line, ended
    assert said in ended.err


def test_wrong_settings_get_one_clear_line(folder: Folder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLUGWRIGHT_THREADS", "none")
    ended = folder.run("call", "sample:plugin", "add", "a=1")
    assert ended.is_one_clear_line
    assert "PLUGWRIGHT_THREADS" in ended.err


def test_standard_output_holds_the_answer_and_nothing_else(folder: Folder):
    ended = folder.run_alone("call", "sample:plugin", "add", "a=1")
    assert (ended.code, ended.out, ended.err) == (0, "1.5\n", "")
