"""Codes and refresh tokens: used once, the same answer for an identical repeat, the family ended by any other."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from functools import partial
from hashlib import sha256

import pytest
from sqlalchemy import Connection, func, select

from plugwright.store import accounts, grants, tokens
from plugwright.store.database import Database
from plugwright.store.grants import Approval, TicketUsed
from plugwright.store.tables import access_tokens, audit, refresh_tokens
from plugwright.store.token_requests import CodeUse, Issued, Lifetimes, RefreshUse, Refused, redeem, rotate

NOW = 1_800_000_000.0
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
LIFETIMES = Lifetimes(access=3600, refresh=86_400)
CALLBACK = "https://client.example/callback"


def approved(c: Connection, *, challenge: str | None = CHALLENGE, ticket: bytes = b"t" * 32) -> str:
    """A code for a new grant of the one account."""
    account = accounts.ensure(c, provider="author", name="ada", display_name="Ada", now=NOW)
    scopes = frozenset({"notes:read", "notes:write"})
    approval = Approval(account.id, "client", scopes, "https://h.example/mcp", CALLBACK, challenge, ticket)
    return grants.approve(c, approval, now=NOW, lifetime=30 * 86_400)


def use_of(code: str) -> CodeUse:
    return CodeUse("client", code, CALLBACK, VERIFIER, None)


def content(result: Issued | Refused) -> dict[str, str]:
    assert isinstance(result, Issued), result
    return json.loads(result.answer)


async def issued(database: Database) -> dict[str, str]:
    code = await database.write(approved)
    return content(await database.write(lambda c: redeem(c, use_of(code), LIFETIMES, NOW)))


async def test_a_code_gives_an_access_token_for_what_was_allowed(database: Database) -> None:
    answer = await issued(database)

    row = await database.read(partial(tokens.access, token=answer["access_token"], now=NOW))

    assert row is not None
    assert row.scopes == {"notes:read", "notes:write"}
    assert (row.client_id, row.resource, row.expires_at) == ("client", "https://h.example/mcp", NOW + 3600)


async def test_an_identical_repeat_within_ten_seconds_gets_the_same_answer(database: Database) -> None:
    code = await database.write(approved)
    first = await database.write(lambda c: redeem(c, use_of(code), LIFETIMES, NOW))
    again = await database.write(lambda c: redeem(c, use_of(code), LIFETIMES, NOW + 10))

    assert content(again) == content(first)
    assert isinstance(again, Issued)
    assert again.is_repeat
    assert await database.read(lambda c: c.scalar(select(func.count()).select_from(access_tokens))) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"verifier": "w" * 43},
        {"redirect_uri": "https://client.example/other"},
        {"redirect_uri": None},
        {"client_id": "other"},
        {"resource": "https://h.example/mcp"},
    ],
)
async def test_any_other_second_use_of_a_code_ends_the_family(
    database: Database, change: dict[str, str | None]
) -> None:
    code = await database.write(approved)
    answer = content(await database.write(lambda c: redeem(c, use_of(code), LIFETIMES, NOW)))

    second = await database.write(lambda c: redeem(c, replace(use_of(code), **change), LIFETIMES, NOW + 1))

    assert isinstance(second, Refused)
    assert second.revoked
    assert await database.read(partial(tokens.access, token=answer["access_token"], now=NOW + 1)) is None
    refreshed = await database.write(
        lambda c: rotate(c, RefreshUse("client", answer["refresh_token"], None, None), LIFETIMES, NOW + 1)
    )
    assert isinstance(refreshed, Refused)
    assert await database.read(lambda c: c.scalars(select(audit.c.event)).all()) == ["code_reused"]


async def test_after_ten_seconds_even_an_identical_repeat_ends_the_family(database: Database) -> None:
    code = await database.write(approved)
    answer = content(await database.write(lambda c: redeem(c, use_of(code), LIFETIMES, NOW)))

    late = await database.write(lambda c: redeem(c, use_of(code), LIFETIMES, NOW + 10.001))

    assert isinstance(late, Refused)
    assert late.revoked
    assert await database.read(partial(tokens.access, token=answer["access_token"], now=NOW + 11)) is None


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"verifier": "w" * 43}, "invalid_grant"),
        ({"verifier": None}, "invalid_grant"),
        ({"redirect_uri": "https://client.example/other"}, "invalid_grant"),
        ({"client_id": "other"}, "invalid_grant"),
        ({"resource": "https://other.example"}, "invalid_target"),
    ],
)
async def test_a_request_that_does_not_match_is_refused_and_the_right_one_still_served(
    database: Database, change: dict[str, str | None], error: str
) -> None:
    code = await database.write(approved)

    wrong = await database.write(lambda c: redeem(c, replace(use_of(code), **change), LIFETIMES, NOW))

    assert isinstance(wrong, Refused)
    assert (wrong.error, wrong.revoked) == (error, False)
    assert isinstance(await database.write(lambda c: redeem(c, use_of(code), LIFETIMES, NOW)), Issued)


async def test_a_code_lives_for_a_minute(database: Database) -> None:
    code = await database.write(approved)

    assert isinstance(await database.write(lambda c: redeem(c, use_of(code), LIFETIMES, NOW + 60)), Refused)


async def test_a_code_without_challenge_takes_no_verifier(database: Database) -> None:
    code = await database.write(partial(approved, challenge=None))

    with_verifier = await database.write(lambda c: redeem(c, use_of(code), LIFETIMES, NOW))
    without = await database.write(lambda c: redeem(c, replace(use_of(code), verifier=None), LIFETIMES, NOW))

    assert isinstance(with_verifier, Refused)
    assert isinstance(without, Issued)


async def test_a_consent_form_gives_one_code(database: Database) -> None:
    await database.write(approved)

    with pytest.raises(TicketUsed):
        await database.write(approved)


async def test_a_refresh_token_rotates_and_keeps_its_scopes(database: Database) -> None:
    first = await issued(database)
    use = RefreshUse("client", first["refresh_token"], frozenset({"notes:read"}), None)

    second = content(await database.write(lambda c: rotate(c, use, LIFETIMES, NOW + 60)))
    third = content(
        await database.write(
            lambda c: rotate(c, RefreshUse("client", second["refresh_token"], None, None), LIFETIMES, NOW + 120)
        )
    )

    assert second["scope"] == "notes:read"
    assert third["scope"] == "notes:read notes:write"
    assert len({first["refresh_token"], second["refresh_token"], third["refresh_token"]}) == 3


async def test_an_old_refresh_token_that_comes_back_ends_the_family(database: Database) -> None:
    first = await issued(database)
    use = RefreshUse("client", first["refresh_token"], None, None)
    second = content(await database.write(lambda c: rotate(c, use, LIFETIMES, NOW + 60)))

    stolen = await database.write(lambda c: rotate(c, use, LIFETIMES, NOW + 71))

    assert isinstance(stolen, Refused)
    assert stolen.revoked
    for answer in (first, second):
        assert await database.read(partial(tokens.access, token=answer["access_token"], now=NOW + 71)) is None


async def test_a_repeated_refresh_gives_the_same_tokens_and_no_second_family(database: Database) -> None:
    first = await issued(database)
    use = RefreshUse("client", first["refresh_token"], None, None)

    answers = [content(await database.write(lambda c: rotate(c, use, LIFETIMES, NOW + 60))) for _ in range(5)]

    assert all(answer == answers[0] for answer in answers)
    live = select(func.count()).select_from(refresh_tokens).where(refresh_tokens.c.used_at.is_(None))
    assert await database.read(lambda c: c.scalar(live)) == 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_id": "other"}, "invalid_grant"),
        ({"scopes": frozenset({"notes:read", "admin"})}, "invalid_scope"),
        ({"resource": "https://other.example"}, "invalid_target"),
    ],
)
async def test_a_refresh_never_gets_more_than_was_allowed(
    database: Database, change: dict[str, str], error: str
) -> None:
    first = await issued(database)
    use = RefreshUse("client", first["refresh_token"], None, None)

    refused = await database.write(lambda c: rotate(c, replace(use, **change), LIFETIMES, NOW + 1))

    assert isinstance(refused, Refused)
    assert refused.error == error
    assert isinstance(await database.write(lambda c: rotate(c, use, LIFETIMES, NOW + 1)), Issued)


async def test_tokens_end_with_their_grant(database: Database) -> None:
    code = await database.write(approved)
    use = use_of(code)
    at = NOW + 30
    lifetimes = Lifetimes(access=100 * 86_400, refresh=100 * 86_400)

    answer = content(await database.write(lambda c: redeem(c, use, lifetimes, at)))

    assert answer["expires_in"] == 30 * 86_400 - 30
    end = NOW + 30 * 86_400
    refreshed = await database.write(
        lambda c: rotate(c, RefreshUse("client", answer["refresh_token"], None, None), lifetimes, end)
    )
    assert isinstance(refreshed, Refused)


async def test_a_disabled_account_gets_nothing_more(database: Database) -> None:
    first = await issued(database)
    row = await database.read(partial(tokens.access, token=first["access_token"], now=NOW))
    assert row is not None
    await database.write(lambda c: accounts.disable(c, row.account_id, NOW))

    use = RefreshUse("client", first["refresh_token"], None, None)
    assert isinstance(await database.write(lambda c: rotate(c, use, LIFETIMES, NOW + 1)), Refused)
    assert await database.read(partial(tokens.access, token=first["access_token"], now=NOW + 1)) is None


async def test_a_client_ends_its_own_tokens_only(database: Database) -> None:
    first = await issued(database)

    foreign = await database.write(lambda c: tokens.revoke_token(c, first["refresh_token"], "other", NOW))
    still = await database.read(partial(tokens.access, token=first["access_token"], now=NOW))
    own = await database.write(lambda c: tokens.revoke_token(c, first["refresh_token"], "client", NOW))
    gone = await database.read(partial(tokens.access, token=first["access_token"], now=NOW))

    assert foreign is None
    assert own is not None
    assert still is not None
    assert gone is None


async def test_revoking_an_access_token_leaves_the_refresh_token(database: Database) -> None:
    first = await issued(database)

    await database.write(lambda c: tokens.revoke_token(c, first["access_token"], "client", NOW))

    assert await database.read(partial(tokens.access, token=first["access_token"], now=NOW)) is None
    use = RefreshUse("client", first["refresh_token"], None, None)
    assert isinstance(await database.write(lambda c: rotate(c, use, LIFETIMES, NOW + 1)), Issued)
