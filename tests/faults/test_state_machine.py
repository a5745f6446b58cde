"""Ten thousand random steps against the model, a tenth of them on PostgreSQL."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Show
from tests.faults.machine import run_machine
from tests.faults.new_databases import copies_of

STEPS = 100  # of a sequence
SEQUENCES = {"sqlite": 90, "postgresql": 10}
LEAST = {"sqlite": 9_000, "postgresql": 1_000}
SEED = 17


@pytest.mark.timeout(600)
def test_ten_thousand_steps_do_only_what_was_allowed(
    database_url: str, database_kind: str, pytestconfig: pytest.Config, show: Show
) -> None:
    sequences = SEQUENCES[database_kind]
    tally = run_machine(
        copies_of(database_url, pytestconfig), sequences=sequences, steps=STEPS, number=SEED, shrinks=True
    )
    show(f"random sequences on {database_kind}, seed {SEED}", tally)
    assert tally["steps"] >= LEAST[database_kind]
