"""A server killed in the middle of token requests; two hundred times by ``make faults``."""

from __future__ import annotations

from tests.faults.crashes import run_crashes


async def test_a_killed_server_leaves_nothing_half_done_and_loses_no_answer(database_url: str) -> None:
    figures = await run_crashes(database_url, kills=4, seed=1)

    assert figures["kills"] == 4
    assert figures["requests in flight at a kill"] > 0
