"""Parallel uses of one code or refresh token, at two servers (attacks C2, R2); in full by ``make faults``."""

from __future__ import annotations

import time
from functools import partial

from plugwright.store.database import Database
from tests.faults.families import add_clients
from tests.faults.processes import two_servers
from tests.faults.races import run_races


async def test_of_fifty_parallel_uses_at_two_servers_one_wins(postgresql_url: str) -> None:
    database = Database(postgresql_url, connections=2)
    try:
        database.run(partial(add_clients, now=time.time()), writes=True)
        with two_servers(postgresql_url) as servers:
            await run_races(servers, database, rounds=5, seed=1)
    finally:
        database.close()
