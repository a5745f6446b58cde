"""Signing in by the author's own function."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from plugwright.auth.guessing import PER_ACCOUNT, PER_DEVICE
from plugwright.auth.kinds import Authenticate, Identity, OAuth
from plugwright.auth.sign_in import SignedIn, SignInRefused
from plugwright.store import accounts, audit, sessions
from plugwright.store.database import Database
from tests.auth.signing_in import RIGHT, WRONG, a_door

NOT_NOW = SignInRefused("unavailable", 1)


def oauth(authenticate: Authenticate) -> OAuth:
    return OAuth(scopes={"places:read": "See your places"}, authenticate=authenticate)


async def staff(username: str, password: str) -> Identity | None:
    """The author's users: everybody, by a number."""
    return Identity(f"staff-{username.casefold()}", username.title()) if password == RIGHT else None


async def test_whom_the_author_recognises_gets_an_account_and_keeps_it(database: Database) -> None:
    with a_door(database, oauth(staff)) as door:
        first = await door.enter("alice")
        again = await door.enter("Alice")
        other = await door.enter("bob")
        assert (first.account.provider, first.account.name, first.account.display_name) == (
            "author",
            "staff-alice",
            "Alice",
        )
        assert first.account.id == again.account.id != other.account.id
        at = door.clock()
        assert await database.read(lambda c: sessions.account_of(c, first.session, at)) is not None


async def test_whom_the_author_does_not_recognise_is_refused(database: Database) -> None:
    with a_door(database, oauth(staff)) as door:
        assert await door.knock("alice", "wrong") == WRONG
        assert [entry.outcome for entry in await database.read(lambda c: audit.recent(c, 10))] == ["refused"]
        assert await database.read(accounts.listed) == []


async def test_built_in_accounts_open_nothing_beside_the_authors_function(database: Database) -> None:
    with a_door(database, oauth(staff)) as door:
        await door.add("root", "password of a built-in account")
        assert await door.knock("root", "password of a built-in account") == WRONG
        assert door.hasher.verified == []


async def test_an_identity_that_looks_like_a_client_or_an_account_is_neither(database: Database) -> None:
    """Attacks C9: the subject is ours, whatever the author or a provider calls a user."""

    async def odd(username: str, _: str) -> Identity:
        return Identity(username, username)

    with a_door(database, oauth(odd)) as door:
        builtin = await door.add("alice")
        for name in ("c_0123456789abcdef", builtin.id, "https://client.example.com/metadata.json"):
            account = (await door.enter(name)).account
            assert account.id.startswith("u_")
            assert account.id not in {name, builtin.id}


async def test_a_disabled_account_is_refused_like_a_wrong_password(database: Database) -> None:
    with a_door(database, oauth(staff)) as door:
        account = (await door.enter("alice")).account
        await database.write(lambda c: accounts.disable(c, account.id, door.clock()))
        assert await door.knock("alice") == WRONG


async def failing(_: str, password: str) -> Identity | None:
    raise RuntimeError(f"the directory is down, {len(password)}")


async def giving_text(username: str, _: str) -> Identity | None:
    return cast("Any", username)


async def giving_no_id(_: str, __: str) -> Identity | None:
    return Identity("", "Alice")


async def giving_a_number(_: str, __: str) -> Identity | None:
    return Identity(cast("Any", 7), "Alice")


async def giving_control_characters(_: str, __: str) -> Identity | None:
    return Identity("a\0b", "Alice")


def not_async(username: str, _: str) -> Identity | None:
    return Identity(username, username)


@pytest.mark.parametrize(
    "authenticate",
    [failing, giving_text, giving_no_id, giving_a_number, giving_control_characters, not_async],
)
async def test_whatever_the_authors_function_fails_with_is_reported_and_shown_as_not_now(
    database: Database, authenticate: Any
) -> None:
    with a_door(database, oauth(authenticate)) as door:
        assert await door.knock("alice") == NOT_NOW
        [(what, request_id, _)] = door.reported
        assert (what, request_id) == ("authenticate", "request-1")
        assert await database.read(accounts.listed) == []


async def test_the_authors_function_has_a_deadline(database: Database) -> None:
    was_cancelled = asyncio.Event()

    async def hanging(_: str, __: str) -> Identity | None:
        try:
            await asyncio.Event().wait()
        finally:
            was_cancelled.set()
        return None

    with a_door(database, oauth(hanging), timeout=0.01) as door:
        assert await asyncio.wait_for(door.knock("alice"), 10) == NOT_NOW
        assert was_cancelled.is_set()
        assert isinstance(door.reported[0][2], TimeoutError)


async def test_a_failing_function_makes_guessing_no_freer(database: Database) -> None:
    with a_door(database, oauth(failing)) as door:
        for _ in range(PER_ACCOUNT.free):
            assert await door.knock("alice") == NOT_NOW
        assert await door.knock("alice") == SignInRefused("throttled", int(PER_ACCOUNT.first_delay))


async def test_the_authors_function_is_asked_no_more_than_the_throttle_lets_through(database: Database) -> None:
    asked: list[str] = []

    async def counting(username: str, password: str) -> Identity | None:
        asked.append(password)
        return await staff(username, password)

    with a_door(database, oauth(counting)) as door:
        known = await door.enter("alice")
        for number in range(100):
            await door.knock("ALICE", "guess", address=f"192.0.2.{number}")
        assert asked.count("guess") == PER_ACCOUNT.free
        await door.enter("alice", device=known.device)  # who was here before is not held up
        for _ in range(100):
            await door.knock("alice", "guess", device=known.device)
        assert asked.count("guess") == PER_ACCOUNT.free + PER_DEVICE.free


@pytest.mark.parametrize(
    ("username", "password"),
    [("alice", "x" * 1025), ("alice", "\ud800"), ("", RIGHT), ("x" * 513, RIGHT), ("nul\0", RIGHT), ("\ud800", RIGHT)],
)
async def test_the_authors_function_never_sees_what_cannot_be_right(
    database: Database, username: str, password: str
) -> None:
    async def never(_: str, __: str) -> Identity | None:
        raise AssertionError

    with a_door(database, oauth(never)) as door:
        assert await door.knock(username, password) == WRONG


async def test_the_authors_function_gets_what_was_typed(database: Database) -> None:
    seen: list[tuple[str, str]] = []

    async def noting(username: str, password: str) -> Identity | None:
        seen.append((username, password))
        return None

    with a_door(database, oauth(noting)) as door:
        await door.knock("Alice@Example.com", " cafe\u0301 ")
        assert seen == [("Alice@Example.com", " cafe\u0301 ")]


async def test_beyond_a_hundred_questions_at_once_the_author_is_not_asked(database: Database) -> None:
    """Attacks L8."""
    asked = 0
    may_answer = asyncio.Event()
    all_ask = asyncio.Event()

    async def slow(username: str, _: str) -> Identity | None:
        nonlocal asked
        asked += 1
        if asked == 100:
            all_ask.set()
        await may_answer.wait()
        return Identity(username, username)

    with a_door(database, oauth(slow)) as door:
        asking = [
            asyncio.create_task(door.knock(f"user {number}", address=f"192.0.2.{number}")) for number in range(100)
        ]
        await asyncio.wait_for(all_ask.wait(), 20)
        assert await door.knock("one too many") == NOT_NOW
        may_answer.set()
        assert all(isinstance(result, SignedIn) for result in await asyncio.gather(*asking))
        await door.enter("one too many")


async def test_a_name_that_cannot_be_shown_is_shown_as_far_as_it_can(database: Database) -> None:
    async def odd(_: str, __: str) -> Identity:
        return Identity("staff-7", "Al\0ice\u202e\n" + "x" * 1000)

    with a_door(database, oauth(odd)) as door:
        shown = (await door.enter("alice")).account.display_name
        assert shown.startswith("Alicexxx")
        assert len(shown) <= 200
