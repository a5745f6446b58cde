"""The demo account of development."""

from __future__ import annotations

import pytest

from plugwright.auth.demo import USERNAME, demo_problems, ensure_demo_account
from plugwright.auth.sign_in import SignedIn
from plugwright.store import accounts, sessions
from plugwright.store.database import Database
from tests.auth.signing_in import SECRET, WRONG, Door, a_door

OTHER = "another secret of more than thirty-two characters"


async def knock(door: Door, password: str) -> bool:
    return isinstance(await door.knock(USERNAME, password), SignedIn)


async def test_somebody_can_sign_in_as_the_demo_account(database: Database) -> None:
    with a_door(database, takes_demo=True) as door:
        demo = await ensure_demo_account(database, door.passwords, SECRET, now=door.clock)
        assert demo is not None
        signed_in = await door.enter(demo.username, demo.password.get_secret_value())
        assert signed_in.account.is_demo


async def test_every_start_with_one_secret_gives_one_password_and_leaves_people_signed_in(database: Database) -> None:
    with a_door(database, takes_demo=True) as door:
        first = await ensure_demo_account(database, door.passwords, SECRET, now=door.clock)
        assert first is not None
        stored = await database.read(lambda c: accounts.password_of(c, USERNAME))
        signed_in = await door.enter(USERNAME, first.password.get_secret_value())
        assert await ensure_demo_account(database, door.passwords, SECRET, now=door.clock) == first
        assert await database.read(lambda c: accounts.password_of(c, USERNAME)) == stored

        changed = await ensure_demo_account(database, door.passwords, OTHER, now=door.clock)
        assert changed is not None
        assert not await knock(door, first.password.get_secret_value())
        assert await knock(door, changed.password.get_secret_value())
        assert await database.read(lambda c: sessions.account_of(c, signed_in.session, door.clock())) is not None


@pytest.mark.parametrize("secret", [None, ""])
async def test_without_a_secret_every_start_gives_another_password(database: Database, secret: str | None) -> None:
    """What could be worked out from the source alone would be open to everybody."""
    with a_door(database, takes_demo=True) as door:
        first = await ensure_demo_account(database, door.passwords, secret, now=door.clock)
        later = await ensure_demo_account(database, door.passwords, secret, now=door.clock)
        assert first is not None
        assert later is not None
        assert first.password != later.password
        assert await knock(door, later.password.get_secret_value())
        assert not await knock(door, first.password.get_secret_value())


async def test_the_password_is_not_shown_unless_asked_for(database: Database) -> None:
    with a_door(database) as door:
        demo = await ensure_demo_account(database, door.passwords, SECRET, now=door.clock)
        assert demo is not None
        assert len(demo.password.get_secret_value()) >= 16
        assert demo.password.get_secret_value() not in repr(demo)


async def test_in_production_the_demo_account_opens_nothing(database: Database) -> None:
    """Even when a process in development added it to the same database."""
    with a_door(database, takes_demo=False) as door:
        demo = await ensure_demo_account(database, door.passwords, SECRET, now=door.clock)
        assert demo is not None
        assert await door.knock(USERNAME, demo.password.get_secret_value()) == WRONG


async def test_production_does_not_start_with_the_demo_account_and_says_what_to_do(database: Database) -> None:
    with a_door(database) as door:
        assert not await database.read(demo_problems)
        await ensure_demo_account(database, door.passwords, SECRET, now=door.clock)
        (problem,) = await database.read(demo_problems)
        assert "plugwright users disable demo" in problem
        account = await database.read(lambda c: accounts.find(c, "password", USERNAME))
        assert account is not None
        await database.write(lambda c: accounts.disable(c, account.id, door.clock()))
        assert not await database.read(demo_problems)


async def test_a_disabled_demo_account_stays_disabled(database: Database) -> None:
    with a_door(database, takes_demo=True) as door:
        demo = await ensure_demo_account(database, door.passwords, SECRET, now=door.clock)
        account = await database.read(lambda c: accounts.find(c, "password", USERNAME))
        assert demo is not None
        assert account is not None
        await database.write(lambda c: accounts.disable(c, account.id, door.clock()))
        assert await ensure_demo_account(database, door.passwords, SECRET, now=door.clock) is None
        assert not await knock(door, demo.password.get_secret_value())


async def test_somebodys_own_account_of_that_name_is_left_alone(database: Database) -> None:
    with a_door(database, takes_demo=True) as door:
        account = await door.add(USERNAME, "password of a person")
        assert await ensure_demo_account(database, door.passwords, SECRET, now=door.clock) is None
        assert (await door.enter(USERNAME, "password of a person")).account == account
        assert not await database.read(demo_problems)
