"""Verifiers that fail."""

from __future__ import annotations

import pytest

from plugwright.auth.verifiers import Masked, Verified
from plugwright.errors import InternalError, InvalidToken, PlugwrightError, Unavailable


class Failing:
    """A verifier that fails with one error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def verify(self, token: str) -> Verified:  # noqa: ARG002 the protocol has it
        raise self.error


async def test_what_is_unforeseen_is_logged_and_told_to_nobody() -> None:
    told: list[BaseException] = []
    error = RuntimeError("column secret_digest of pw_at_123 is missing")

    with pytest.raises(InternalError) as raised:
        await Masked(Failing(error), lambda _what, _id, failure: told.append(failure)).verify("pw_at_123")

    assert told == [error]
    assert "pw_at" not in raised.value.message


@pytest.mark.parametrize("error", [InvalidToken("no"), Unavailable("not now")])
async def test_what_is_foreseen_passes(error: PlugwrightError) -> None:
    told: list[BaseException] = []

    with pytest.raises(type(error)):
        await Masked(Failing(error), lambda _what, _id, failure: told.append(failure)).verify("t")

    assert told == []
