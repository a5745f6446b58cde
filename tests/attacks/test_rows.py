"""Every row of the table has its tests, or says why it has none."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.attacks.rows import LEFT_OUT, ROWS


def test_every_attack_has_a_test_or_a_reason_to_have_none() -> None:
    tested = {row for file in Path(__file__).parent.glob("test_*.py") for row in rows_in(file)}

    assert tested | set(LEFT_OUT) == set(ROWS)
    assert not tested & set(LEFT_OUT)


def test_the_table_is_whole() -> None:
    lengths = {"A": 15, "L": 8, "C": 12, "R": 4, "T": 7, "D": 2, "V": 2, "M": 1, "G": 7}

    assert list(ROWS) == [f"{group}{number}" for group, most in lengths.items() for number in range(1, most + 1)]


def rows_in(file: Path) -> set[str]:
    """The rows that the tests of a module are marked with; that they run on both databases is checked by conftest."""
    marks = [
        decorator
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.attack"
    ]
    return {str(ast.literal_eval(argument)) for mark in marks for argument in mark.args}
