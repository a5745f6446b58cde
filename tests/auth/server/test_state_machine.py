"""Random sequences of steps against a model of the authorization server; ten thousand steps by ``make faults``."""

from __future__ import annotations

import pytest

from tests.faults.machine import run_machine
from tests.faults.new_databases import copies_of


def test_whatever_people_clients_and_operators_do_only_what_was_allowed_works(
    database_url: str, pytestconfig: pytest.Config
) -> None:
    tally = run_machine(copies_of(database_url, pytestconfig), sequences=4, steps=75, number=17)

    assert tally["steps"] > 200
    for expected in (
        "authorization_code: issue",
        "refresh_token: issue",
        "refresh_token: refuse",
        "calls answered 401",
    ):
        assert tally[expected] > 0, f"{expected} did not happen"
