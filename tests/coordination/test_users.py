"""The same with two replicas and a real Valkey between them."""

from __future__ import annotations

import asyncio

from hypothesis import HealthCheck, given, settings

from tests.calls.cache_sequences import Step, play, steps
from tests.valkey import ValkeyServer


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sequence=steps())
def test_users_never_get_each_others_answers_from_either_tier(
    running_valkey: ValkeyServer, sequence: list[Step]
) -> None:
    running_valkey.command("FLUSHALL")
    asyncio.run(play(sequence, running_valkey.url))
