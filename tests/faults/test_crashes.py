"""Two hundred kills on each kind of database."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Show
from tests.faults.crashes import run_crashes

KILLS = 200
SEED = 8


@pytest.mark.timeout(600)
async def test_two_hundred_kills_break_nothing(database_url: str, database_kind: str, show: Show) -> None:
    figures = await run_crashes(database_url, kills=KILLS, seed=SEED)
    show(f"crashes on {database_kind}, seed {SEED}", figures)
    assert figures["kills"] == KILLS
    for grant_type in ("authorization_code", "refresh_token"):
        for state in ("committed", "not done"):
            assert figures[f"in flight {grant_type}: {state}, repeated"] > 0, "no kill met this moment"
