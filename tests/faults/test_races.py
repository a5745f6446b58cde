"""Two hundred rounds of every race for one credential."""

from __future__ import annotations

import time
from functools import partial

import pytest

from plugwright.store.database import Database
from tests.faults.conftest import Show
from tests.faults.families import add_clients
from tests.faults.processes import two_servers
from tests.faults.races import run_races

ROUNDS = 200
SEED = 16


@pytest.mark.timeout(300)
async def test_of_fifty_parallel_uses_one_wins_two_hundred_times(postgresql_url: str, show: Show) -> None:
    database = Database(postgresql_url, connections=2)
    try:
        database.run(partial(add_clients, now=time.time()), writes=True)
        with two_servers(postgresql_url) as servers:
            show(f"races, seed {SEED}", await run_races(servers, database, rounds=ROUNDS, seed=SEED))
    finally:
        database.close()
