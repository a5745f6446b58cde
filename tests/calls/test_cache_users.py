"""Whatever happens in whatever order, nobody is served what was made for somebody else, nor what is known to be old."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings

from tests.calls.cache_sequences import Step, play, steps


@settings(max_examples=60, deadline=None)
@given(steps())
def test_users_never_get_each_others_answers_in_one_process(sequence: list[Step]) -> None:
    asyncio.run(play(sequence, None))
