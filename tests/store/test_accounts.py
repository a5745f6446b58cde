"""Accounts, their usernames, and sessions."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from plugwright.errors import InvalidInput
from plugwright.store import accounts, sessions
from plugwright.store.accounts import PASSWORD, Account, NameTaken, username_key
from plugwright.store.database import Database
from plugwright.store.grants import Approval, approve
from plugwright.store.tables import grants
from plugwright.store.tables import sessions as session_rows


def ada(c: Connection, **changed: Any) -> Account:
    """Add an account."""
    values: dict[str, Any] = {
        "provider": PASSWORD,
        "name": "ada",
        "display_name": "Ada",
        "password_hash": "$hash",
        "now": 1.0,
    }
    return accounts.add(c, **{**values, **changed})


def test_an_account_is_found_by_its_name_however_it_is_written(database: Database):
    def work(c: Connection) -> None:
        added = ada(c, name=" Straße ")

        assert added.name == "strasse"
        assert added.id.startswith("u_")
        assert not added.is_demo
        assert not added.is_disabled
        assert added.has_password
        for name in ("strasse", "STRASSE", "ſtraße", "ｓｔｒａｓｓｅ"):  # noqa: RUF001 other ways to write it
            assert accounts.find(c, PASSWORD, name) == added
            assert accounts.password_of(c, name) == (added, "$hash")
        assert accounts.by_id(c, added.id) == added
        assert accounts.find(c, PASSWORD, "ada") is None
        assert accounts.by_id(c, "u_0") is None

    database.run(work, writes=True)


def test_a_name_is_given_once_for_each_provider(database: Database):
    def work(c: Connection) -> None:
        ada(c)
        ada(c, provider="https://id.example", password_hash=None)
        with pytest.raises(NameTaken, match="'ada' already; choose another name"):
            ada(c, name="ADA")

        assert len(accounts.listed(c)) == 2  # the transaction is still good

    database.run(work, writes=True)


def test_the_name_at_another_provider_is_taken_as_it_is(database: Database):
    def work(c: Connection) -> None:
        upper = ada(c, provider="https://id.example", name="Ada", password_hash=None)
        lower = ada(c, provider="https://id.example", name="ada", password_hash=None)

        assert upper.id != lower.id
        assert accounts.find(c, "https://id.example", "Ada") == upper
        assert not upper.has_password
        assert accounts.password_of(c, "Ada") is None
        for name in ("", "a\0b", "\ud800", "x" * 513):
            with pytest.raises(InvalidInput, match="must have 1 to 512 characters"):
                accounts.ensure(c, provider="https://id.example", name=name, display_name="", now=1.0)
            assert accounts.find(c, "https://id.example", name) is None

    database.run(work, writes=True)


def test_a_display_name_is_cut_and_made_storable(database: Database):
    added = database.run(partial(ada, display_name="A\0\ud800" + "x" * 999), writes=True)

    assert added.display_name == "A\N{REPLACEMENT CHARACTER}?" + "x" * 197
    assert database.run(lambda c: accounts.by_id(c, added.id), writes=False) == added


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\nb", "a\0b", "a\u200bb", "a\u202eb", "\ud800", "x" * 10_000])
def test_some_texts_are_no_usernames(name: str, database: Database):
    with pytest.raises(InvalidInput, match="1 to 100 characters, and no control characters"):
        username_key(name)
    assert database.run(lambda c: accounts.password_of(c, name), writes=False) is None
    assert database.run(lambda c: accounts.find(c, PASSWORD, name), writes=False) is None


@given(st.text(max_size=100))
def test_the_key_of_a_username_is_its_own_key(name: str):
    try:
        key = username_key(name)
    except InvalidInput:
        return
    assert username_key(key) == key
    assert username_key(key.upper()) == username_key(key.upper().lower())


async def test_users_who_sign_in_at_once_for_the_first_time_get_one_account(database: Database):
    ensure = partial(accounts.ensure, provider="author", name="7", display_name="Ada", now=1.0)

    found = await asyncio.gather(*(database.write(ensure) for _ in range(20)))

    assert len({account.id for account in found}) == 1


def test_the_display_name_follows_the_provider(database: Database):
    def work(c: Connection) -> None:
        first = accounts.ensure(c, provider="author", name="7", display_name="Ada", now=1.0)
        again = accounts.ensure(c, provider="author", name="7", display_name="Ada L.", now=2.0)

        assert (again.id, again.display_name, again.created_at) == (first.id, "Ada L.", 1.0)
        assert accounts.find(c, "author", "7") == again

    database.run(work, writes=True)


def test_accounts_are_listed_page_by_page(database: Database):
    def work(c: Connection) -> None:
        ids = sorted(ada(c, name=f"user{number}").id for number in range(5))
        first = accounts.listed(c, limit=3)
        rest = accounts.listed(c, after=first[-1].id, limit=3)

        assert [account.id for account in first + rest] == ids

    database.run(work, writes=True)


def test_a_password_that_changes_ends_all_that_the_old_one_opened(database: Database):
    def work(c: Connection) -> None:
        account, other = ada(c), ada(c, name="bob")
        secret = sign_in_and_allow(c, account)
        others = sign_in_and_allow(c, other)
        assert accounts.change_password(c, account.id, "$new", now=5.0)

        assert accounts.password_of(c, "ada") == (account, "$new")
        assert sessions.account_of(c, secret, 6.0) is None
        assert sessions.account_of(c, others, 6.0) == other
        assert revocations(c) == {account.id: (5.0, "password_changed"), other.id: (None, None)}
        assert not accounts.change_password(c, "u_0", "$new", now=5.0)

    database.run(work, writes=True)


def test_a_hash_made_anew_never_brings_an_old_password_back(database: Database):
    def work(c: Connection) -> None:
        account = ada(c)
        secret = sign_in_and_allow(c, account)

        assert accounts.set_password(c, account.id, "$better", replacing="$hash")
        assert not accounts.set_password(c, account.id, "$late", replacing="$hash")
        assert accounts.password_of(c, "ada") == (account, "$better")
        assert sessions.account_of(c, secret, 2.0) == account

    database.run(work, writes=True)


def test_a_disabled_account_opens_nothing_until_it_is_enabled(database: Database):
    def work(c: Connection) -> None:
        account = ada(c)
        secret = sign_in_and_allow(c, account)
        assert accounts.disable(c, account.id, 5.0)
        assert not accounts.disable(c, account.id, 6.0)

        found = accounts.password_of(c, "ada")
        assert found is not None
        assert found[0].is_disabled
        assert sessions.account_of(c, secret, 6.0) is None
        assert revocations(c) == {account.id: (5.0, "account_disabled")}
        late = sessions.start(c, account.id, now=6.0, lifetime=9.0)
        assert sessions.account_of(c, late, 7.0) is None

        assert accounts.enable(c, account.id)
        assert sessions.account_of(c, late, 7.0) == account
        assert sessions.account_of(c, secret, 7.0) is None
        assert revocations(c) == {account.id: (5.0, "account_disabled")}
        assert not accounts.enable(c, "u_0")

    database.run(work, writes=True)


def test_a_session_lasts_its_lifetime(database: Database):
    def work(c: Connection) -> None:
        account = ada(c)
        secret = sessions.start(c, account.id, now=10.0, lifetime=5.0)

        assert secret.startswith("pw_sess_")
        assert sessions.account_of(c, secret, 14.9) == account
        assert sessions.account_of(c, secret, 15.0) is None
        assert sessions.account_of(c, secret + "x", 11.0) is None

    database.run(work, writes=True)


def test_a_session_can_be_ended_alone_or_with_all_others(database: Database):
    def work(c: Connection) -> None:
        account = ada(c)
        first, second, third = (sessions.start(c, account.id, now=0.0, lifetime=9.0) for _ in range(3))
        sessions.end(c, first)
        assert [sessions.account_of(c, secret, 1.0) for secret in (first, second)] == [None, account]
        sessions.end_all(c, account.id)
        assert [sessions.account_of(c, secret, 1.0) for secret in (second, third)] == [None, None]

    database.run(work, writes=True)


def test_the_secret_of_a_session_is_not_stored(database: Database):
    def work(c: Connection) -> None:
        secret = sessions.start(c, ada(c).id, now=0.0, lifetime=9.0)
        assert all(secret.encode() not in bytes(row.digest) for row in c.execute(select(session_rows)))

    database.run(work, writes=True)


def sign_in_and_allow(c: Connection, account: Account) -> str:
    """Start a session and let a client in; the session's secret."""
    approval = Approval(account.id, "c_1", frozenset({"a"}), "r", "https://a.example", None, account.id[:32].encode())
    approve(c, approval, now=1.0, lifetime=99.0)
    return sessions.start(c, account.id, now=1.0, lifetime=99.0)


def revocations(c: Connection) -> dict[str, tuple[float | None, str | None]]:
    """When and why the grant of each account was revoked."""
    rows = c.execute(select(grants.c.account_id, grants.c.revoked_at, grants.c.revoked_because))
    return {row.account_id: (row.revoked_at, row.revoked_because) for row in rows}
