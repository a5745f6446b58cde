"""Random sequences over users, replicas, changes and time, more of them than in the daily run."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings

from tests.calls.cache_sequences import Step, play, steps
from tests.faults.conftest import Show
from tests.valkey import ValkeyServer


@pytest.mark.timeout(400)
def test_users_never_get_each_others_answers_in_one_process(show: Show) -> None:
    figures: Counter[str] = Counter()

    @settings(max_examples=300, deadline=None)
    @given(sequence=steps())
    def check(sequence: list[Step]) -> None:
        figures.update(asyncio.run(play(sequence, None)))
        figures["sequences"] += 1

    check()
    show("Cached answers, each checked: one process", figures)


@pytest.mark.timeout(400)
def test_users_never_get_each_others_answers_from_either_tier(running_valkey: ValkeyServer, show: Show) -> None:
    figures: Counter[str] = Counter()

    @settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(sequence=steps())
    def check(sequence: list[Step]) -> None:
        running_valkey.command("FLUSHALL")
        figures.update(asyncio.run(play(sequence, running_valkey.url)))
        figures["sequences"] += 1

    check()
    show("Cached answers, each checked: two replicas and Valkey", figures)
