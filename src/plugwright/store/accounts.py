"""Accounts: the users who can sign in, by what recognises them and their name there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from plugwright.errors import Conflict, InvalidInput
from plugwright.store.grants import revoke_account
from plugwright.store.secret_values import new_id
from plugwright.store.tables import accounts, sessions
from plugwright.store.texts import is_storable, storable
from plugwright.store.upserts import has_written, unless_there
from plugwright.store.usernames import username_key

PASSWORD = "password"  # noqa: S105 the name of a provider
"""The provider of built-in accounts, whose names are usernames."""

_NAME_LENGTH = 512
_DISPLAY_NAME_LENGTH = 200

COLUMNS = (
    accounts.c.id,
    accounts.c.provider,
    accounts.c.name_at_provider,
    accounts.c.display_name,
    accounts.c.is_demo,
    accounts.c.disabled_at.is_not(None),
    accounts.c.password_hash.is_not(None),
    accounts.c.created_at,
)
"""What an `Account` is made of, in its order."""

_ADD = unless_there(accounts)
_BY_ID = select(*COLUMNS).where(accounts.c.id == bindparam("account"))
_BY_NAME = select(*COLUMNS).where(
    accounts.c.provider == bindparam("at"), accounts.c.name_at_provider == bindparam("name")
)
_PASSWORD_OF = _BY_NAME.add_columns(accounts.c.password_hash)
_LISTED = select(*COLUMNS).where(accounts.c.id > bindparam("after")).order_by(accounts.c.id).limit(bindparam("most"))
_THIS = update(accounts).where(accounts.c.id == bindparam("account"))
_SET_PASSWORD = _THIS.values(password_hash=bindparam("new"))
_REPLACE_PASSWORD = _SET_PASSWORD.where(accounts.c.password_hash == bindparam("old"))
_SET_DISPLAY_NAME = _THIS.values(display_name=bindparam("new"))
_DISABLE = _THIS.where(accounts.c.disabled_at.is_(None)).values(disabled_at=bindparam("now"))
_ENABLE = _THIS.values(disabled_at=None)
_END_SESSIONS = delete(sessions).where(sessions.c.account_id == bindparam("account"))


class NameTaken(Conflict):
    """Another account has this name."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user. ``provider`` recognises them by ``name``; ``id`` is what everything else knows of them."""

    id: str
    provider: str
    name: str
    display_name: str
    is_demo: bool
    is_disabled: bool
    has_password: bool
    created_at: float


def account_of_row(row: Sequence[Any]) -> Account:
    """The account of a row that begins with `COLUMNS`."""
    return Account(*row[: len(COLUMNS)])


def add(
    c: Connection,
    *,
    provider: str,
    name: str,
    display_name: str,
    password_hash: str | None,
    now: float,
    is_demo: bool = False,
) -> Account:
    """Add an account.

    Raises:
        NameTaken: the provider has one of this name.
        InvalidInput: the name cannot be one.
    """
    account = Account(
        id=new_id("u"),
        provider=provider,
        name=_key(provider, name),
        display_name=storable(display_name, _DISPLAY_NAME_LENGTH),
        is_demo=is_demo,
        is_disabled=False,
        has_password=password_hash is not None,
        created_at=now,
    )
    row = {
        "id": account.id,
        "provider": provider,
        "name_at_provider": account.name,
        "display_name": account.display_name,
        "password_hash": password_hash,
        "is_demo": is_demo,
        "created_at": now,
    }
    if not has_written(c, _ADD, row):
        raise NameTaken(f"There is an account {account.name!r} already; choose another name")
    return account


def find(c: Connection, provider: str, name: str) -> Account | None:
    """The account of this name at a provider."""
    try:
        key = _key(provider, name)
    except InvalidInput:
        return None
    row = c.execute(_BY_NAME, {"at": provider, "name": key}).first()
    return account_of_row(row) if row else None


def by_id(c: Connection, account_id: str) -> Account | None:
    """The account of this id."""
    row = c.execute(_BY_ID, {"account": account_id}).first()
    return account_of_row(row) if row else None


def password_of(c: Connection, name: str) -> tuple[Account, str] | None:
    """The built-in account of this name, which may be disabled, and the hash of its password."""
    try:
        key = username_key(name)
    except InvalidInput:
        return None
    row = c.execute(_PASSWORD_OF, {"at": PASSWORD, "name": key}).first()
    return (account_of_row(row), row.password_hash) if row and row.password_hash else None


def ensure(c: Connection, *, provider: str, name: str, display_name: str, now: float) -> Account:
    """The account of this name at a provider, added if there is none, with its present display name.

    Raises:
        InvalidInput: the name cannot be one.
    """
    found = find(c, provider, name)
    if found is None:
        try:
            return add(c, provider=provider, name=name, display_name=display_name, password_hash=None, now=now)
        except NameTaken:  # by a sign-in of the same moment
            return ensure(c, provider=provider, name=name, display_name=display_name, now=now)
    shown = storable(display_name, _DISPLAY_NAME_LENGTH)
    if shown == found.display_name:
        return found
    c.execute(_SET_DISPLAY_NAME, {"account": found.id, "new": shown})
    return by_id(c, found.id) or found


def set_password(c: Connection, account_id: str, password_hash: str, *, replacing: str | None = None) -> bool:
    """Store the hash of a password; only in place of the hash ``replacing``, if that is given. Whether it was stored.

    Who is signed in stays so: for a hash that is made anew. See `change_password`.
    """
    values = {"account": account_id, "new": password_hash}
    if replacing is None:
        return c.execute(_SET_PASSWORD, values).rowcount > 0
    return c.execute(_REPLACE_PASSWORD, {**values, "old": replacing}).rowcount > 0


def change_password(c: Connection, account_id: str, password_hash: str, *, now: float) -> bool:
    """Set another password, and end whatever the old one may have opened. Whether there is such an account."""
    if not set_password(c, account_id, password_hash):
        return False
    lock_out(c, account_id, now=now, because="password_changed")
    return True


def disable(c: Connection, account_id: str, now: float) -> bool:
    """Let nobody use an account, at once. Whether it was in use."""
    if c.execute(_DISABLE, {"account": account_id, "now": now}).rowcount == 0:
        return False
    lock_out(c, account_id, now=now, because="account_disabled")
    return True


def enable(c: Connection, account_id: str) -> bool:
    """Let the user sign in again. Whether there is such an account."""
    return c.execute(_ENABLE, {"account": account_id}).rowcount > 0


def lock_out(c: Connection, account_id: str, *, now: float, because: str) -> None:
    """End every session of an account and revoke every grant that it gave."""
    c.execute(_END_SESSIONS, {"account": account_id})
    revoke_account(c, account_id, because, now)


def listed(c: Connection, after: str | None = None, limit: int = 100) -> list[Account]:
    """Accounts in the order of their ids, from the one after ``after``."""
    return [account_of_row(row) for row in c.execute(_LISTED, {"after": after or "", "most": limit})]


def _key(provider: str, name: str) -> str:
    if provider == PASSWORD:
        return username_key(name)
    if not is_storable(name, _NAME_LENGTH):
        raise InvalidInput(f"A user's name at {provider!r} must have 1 to {_NAME_LENGTH} characters")
    return name
