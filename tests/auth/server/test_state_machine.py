"""Random sequences of steps against a model of the authorization server; ten thousand steps by ``make faults``."""

from __future__ import annotations

import pytest

from tests.faults.machine import run_machine
from tests.faults.new_databases import copies_of


def test_whatever_people_clients_and_operators_do_only_what_was_allowed_works(
    database_url: str, pytestconfig: pytest.Config
) -> None:
    tally = run_machine(copies_of(database_url, pytestconfig), sequences=4, steps=60, number=3)

    assert tally["steps"] > 200
    assert tally["authorization_code: issue"] > 0
