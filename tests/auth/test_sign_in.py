"""Signing in with the password of a built-in account, and from an outside OpenID provider."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from sqlalchemy import event

from plugwright.auth.kinds import Identity
from plugwright.auth.sign_in import SignedIn, SignInRefused
from plugwright.store import accounts, audit, sessions
from plugwright.store.audit import Entry
from plugwright.store.database import Database, StoreUnavailable
from tests.auth.signing_in import HOME, RIGHT, WRONG, Door, a_door

ISSUER = "https://login.example.com"


async def the_audit(door: Door) -> list[Entry]:
    return await door.database.read(lambda c: audit.recent(c, 100))


async def test_the_right_password_starts_a_session_of_the_account(database: Database) -> None:
    with a_door(database) as door:
        account = await door.add("alice")
        signed_in = await door.enter("alice")
        assert signed_in.account == account
        assert await database.read(lambda c: sessions.account_of(c, signed_in.session, door.clock())) == account


async def test_each_sign_in_has_a_session_of_its_own(database: Database) -> None:
    with a_door(database) as door:
        await door.add("alice")
        one, other = await door.enter("alice"), await door.enter("alice")
        assert one.session != other.session


async def test_a_session_lasts_as_long_as_the_author_says(database: Database) -> None:
    with a_door(database) as door:
        await door.add("alice")
        signed_in = await door.enter("alice")
        for passed, is_signed_in in ((12 * 3600 - 1, True), (12 * 3600, False)):
            at = door.clock() + passed
            found = await database.read(lambda c, at=at: sessions.account_of(c, signed_in.session, at))
            assert (found is not None) is is_signed_in


@pytest.mark.parametrize("typed", ["ALICE", " alice ", "\uff21lice"])
async def test_a_username_may_be_written_in_any_case_and_width(database: Database, typed: str) -> None:
    with a_door(database) as door:
        account = await door.add("alice")
        assert (await door.enter(typed)).account == account


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("alice", "wrong password"),
        ("alice", ""),
        ("alice", RIGHT.upper()),
        ("alice", RIGHT + " "),
        ("alice", "x" * 2000),
        ("alice", "\ud800"),
        ("nobody", RIGHT),
        ("disabled", RIGHT),
        ("disabled", "wrong password"),
        ("demo", RIGHT),
        ("without", RIGHT),
        ("without", ""),
        ("", RIGHT),
        ("x" * 1000, RIGHT),
        ("nul\0", RIGHT),
        ("\ud800", RIGHT),
        ("alice' OR 1=1 --", RIGHT),
    ],
)
async def test_whatever_is_wrong_the_answer_is_the_same(database: Database, username: str, password: str) -> None:
    """Attacks L6: nothing tells a known user from an unknown one."""
    with a_door(database) as door:
        await door.add("alice")
        disabled = await door.add("disabled")
        await door.add("demo", is_demo=True)
        await database.write(lambda c: accounts.disable(c, disabled.id, door.clock()))
        await database.write(
            lambda c: accounts.add(
                c, provider="password", name="without", display_name="", password_hash=None, now=door.clock()
            )
        )
        assert await door.knock(username, password) == WRONG


async def test_every_name_costs_one_hash_of_the_same_parameters_and_the_same_statements(database: Database) -> None:
    """Reliability 22: what takes the same work takes the same time."""
    with a_door(database) as door:
        await door.add("alice")
        disabled = await door.add("disabled")
        await database.write(lambda c: accounts.disable(c, disabled.id, door.clock()))
        statements: list[str] = []

        def note(_: object, __: object, statement: str, *___: object) -> None:
            statements.append(statement)

        costs: list[tuple[list[str], list[str]]] = []
        for name in ("warm-up", "alice", "nobody", "disabled", "somebody"):
            door.hasher.verified.clear()
            statements.clear()
            event.listen(database.engine, "before_cursor_execute", note)
            assert await door.knock(name, "wrong password") == WRONG
            event.remove(database.engine, "before_cursor_execute", note)
            costs.append((list(door.hasher.verified), list(statements)))
        _, known, *others = costs
        assert known[0] == ["$argon2id$v=19$m=8,t=1,p=1"]
        assert known[1]
        assert all(other == known for other in others)


async def test_too_long_a_password_costs_no_hash_whoever_is_named(database: Database) -> None:
    """Attacks L8."""
    with a_door(database) as door:
        await door.add("alice")
        for name in ("alice", "nobody"):
            assert await door.knock(name, "x" * 1_000_000) == WRONG
        assert door.hasher.verified == []


async def test_when_the_pool_is_full_the_answer_comes_at_once_and_no_try_is_counted(database: Database) -> None:
    """Attacks L8, reliability 24."""
    with a_door(database, threads=1, waiting=0) as door:
        await door.add("alice")
        has_begun, may_end = threading.Event(), threading.Event()

        def hold() -> None:
            has_begun.set()
            may_end.wait(10)

        door.hasher.before = hold
        first = asyncio.create_task(door.knock("alice"))
        assert await asyncio.to_thread(has_begun.wait, 10)
        for _ in range(50):
            assert await door.knock("alice") == SignInRefused("unavailable", 1)
        may_end.set()
        assert isinstance(await first, SignedIn)
        assert [entry.outcome for entry in await the_audit(door)] == ["ok"]
        await door.enter("alice")


async def test_without_its_database_nobody_can_sign_in_now(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_door(database) as door:

        async def unreachable(_: object) -> None:
            raise StoreUnavailable

        monkeypatch.setattr(database, "write", unreachable)
        assert await door.knock("alice") == SignInRefused("unavailable", 1)
        assert await door.sign_in.with_openid(Identity("1", "Alice"), issuer=ISSUER, address=HOME) == SignInRefused(
            "unavailable", 1
        )


async def test_a_hash_of_older_parameters_is_renewed_by_a_sign_in_that_leaves_others_signed_in(
    database: Database,
) -> None:
    with a_door(database) as door:
        account = await door.add("alice")
        earlier = await door.enter("alice")
        older = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(RIGHT)
        await database.write(lambda c: accounts.set_password(c, account.id, older))
        assert await door.knock("alice", "wrong password") == WRONG
        assert await database.read(lambda c: accounts.password_of(c, "alice")) == (account, older)
        await door.enter("alice")
        renewed = await database.read(lambda c: accounts.password_of(c, "alice"))
        assert renewed is not None
        assert renewed[1].startswith("$argon2id$v=19$m=8,t=1,p=1$")
        await door.enter("alice")
        assert await database.read(lambda c: sessions.account_of(c, earlier.session, door.clock())) == account


async def test_two_sign_ins_that_renew_a_hash_together_both_succeed(database: Database) -> None:
    with a_door(database) as door:
        account = await door.add("alice")
        older = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(RIGHT)
        await database.write(lambda c: accounts.set_password(c, account.id, older))
        results = await asyncio.gather(*(door.knock("alice") for _ in range(5)))
        assert all(isinstance(result, SignedIn) for result in results)


def disable(door: Door, account_id: str) -> None:
    door.database.run(lambda c: accounts.disable(c, account_id, door.clock()), writes=True)


def change_password(door: Door, account_id: str) -> None:
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("another password")
    door.database.run(lambda c: accounts.change_password(c, account_id, hashed, now=door.clock()), writes=True)


@pytest.mark.parametrize("change", [disable, change_password])
async def test_what_changes_while_a_password_is_verified_counts(
    database: Database, change: Callable[[Door, str], None]
) -> None:
    """Attacks R4: the old password opens nothing once another was set."""
    with a_door(database) as door:
        account = await door.add("alice")
        door.hasher.before = lambda: change(door, account.id)
        assert await door.knock("alice") == WRONG
        assert await door.knock("alice") == WRONG


async def test_the_audit_log_tells_who_how_and_from_where_and_never_what_was_typed(database: Database) -> None:
    with a_door(database) as door:
        alice, disabled = await door.add("alice"), await door.add("disabled")
        await database.write(lambda c: accounts.disable(c, disabled.id, door.clock()))
        typed = "a password in the wrong field"
        await door.enter("alice")
        await door.knock("alice", "wrong password")
        await door.knock(typed, "wrong password")
        await door.knock("disabled", RIGHT)
        entries = [entry for entry in await the_audit(door) if entry.event == "sign_in"]
        found = [(entry.outcome, entry.subject, entry.detail["reason"]) for entry in reversed(entries)]
        assert found == [
            ("ok", alice.id, None),
            ("refused", alice.id, "wrong"),
            ("refused", None, "wrong"),
            ("refused", disabled.id, "disabled"),
        ]
        assert {entry.detail["address"] for entry in entries} == {HOME}
        assert {entry.at for entry in entries} == {door.clock()}
        for secret in (typed, "wrong password", RIGHT):
            assert secret not in repr(entries)


async def test_no_secret_is_in_the_representation_of_a_result(database: Database) -> None:
    with a_door(database) as door:
        await door.add("alice")
        signed_in = await door.enter("alice")
        assert signed_in.device is not None
        for secret in (signed_in.session, signed_in.device, RIGHT, "argon2"):
            assert secret not in repr(signed_in)


async def test_whom_an_openid_provider_vouches_for_gets_an_account_and_keeps_it(database: Database) -> None:
    with a_door(database) as door:
        results = [
            await door.sign_in.with_openid(Identity(sub, name), issuer=issuer, address=HOME)
            for sub, name, issuer in (
                ("Subject", "Alice", ISSUER),
                ("Subject", "Alice Smith", ISSUER),
                ("subject", "Bob", ISSUER),  # OpenID Connect Core §2: case counts
                ("Subject", "Eve", "https://other.example.com"),
            )
        ]
        signed_in = [result for result in results if isinstance(result, SignedIn)]
        first, again, other_case, other_issuer = (result.account for result in signed_in)
        assert first.id == again.id
        assert again.display_name == "Alice Smith"
        assert len({first.id, other_case.id, other_issuer.id}) == 3
        at = door.clock()
        assert await database.read(lambda c: sessions.account_of(c, signed_in[0].session, at)) is not None
        assert [entry.outcome for entry in await the_audit(door)] == ["ok"] * 4


async def test_a_disabled_account_of_an_openid_provider_is_refused(database: Database) -> None:
    with a_door(database) as door:
        identity = Identity("subject", "Alice")
        signed_in = await door.sign_in.with_openid(identity, issuer=ISSUER, address=HOME)
        assert isinstance(signed_in, SignedIn)
        await database.write(lambda c: accounts.disable(c, signed_in.account.id, door.clock()))
        assert await door.sign_in.with_openid(identity, issuer=ISSUER, address=HOME) == WRONG
        assert (await the_audit(door))[0].detail["reason"] == "disabled"


async def test_an_unusable_subject_is_reported_and_nobody_is_signed_in(database: Database) -> None:
    with a_door(database) as door:
        for sub in ("", "x" * 513, "nul\0"):
            result = await door.sign_in.with_openid(Identity(sub, "Alice"), issuer=ISSUER, address=HOME)
            assert result == SignInRefused("unavailable", 1)
        assert len(door.reported) == 3
