"""``plugwright users``: the accounts of people who sign in."""

import asyncio
import time
from collections.abc import Callable
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from plugwright.auth.passwords import Passwords, check_new_password
from plugwright.cli.deferred import new_group
from plugwright.cli.secret_input import ReadsSecret, read_new_secret
from plugwright.cli.showing import AsJson, moment, print_json, print_table, say
from plugwright.cli.store import opened
from plugwright.errors import SetupError
from plugwright.store import accounts, audit
from plugwright.store.accounts import PASSWORD, Account
from plugwright.store.texts import is_storable
from plugwright.store.usernames import username_key

app = new_group()

NewName = Annotated[str, typer.Argument(metavar="NAME", help="The username; case does not matter.")]
User = Annotated[str, typer.Argument(metavar="USER", help="The username, or the id in `plugwright users list`.")]

_PAGE = 500
_LONGEST = 512  # of names and ids


@app.command(cls=ReadsSecret)
def add(
    name: NewName,
    display_name: Annotated[str | None, typer.Option(help="How pages greet the user; by default the name.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add an account. The password is asked for, or read from standard input."""
    key = username_key(name)
    with opened(creates=True) as database:
        if database.run(lambda c: accounts.find(c, PASSWORD, key), writes=False):
            raise accounts.NameTaken(f"There is an account {key!r} already; choose another name")
        password_hash = _hash_of_new_password(key)

        def work(c: Connection) -> Account:
            now = time.time()
            account = accounts.add(
                c,
                provider=PASSWORD,
                name=key,
                display_name=(display_name or name).strip(),
                password_hash=password_hash,
                now=now,
            )
            audit.record(c, "account_added", at=now, outcome="ok", subject=account.id, by="operator")
            return account

        account = database.run(work, writes=True)
    if as_json:
        print_json(_shown(account))
    else:
        say(f"Added {account.name} ({account.id})")


@app.command("list")
def list_users(as_json: AsJson = False) -> None:
    """Show every account."""
    with opened() as database:
        found = sorted(database.run(_all, writes=False), key=lambda account: (account.provider, account.name))
    if as_json:
        print_json([_shown(account) for account in found])
        return
    print_table(
        ["id", "name", "display name", "provider", "state"],
        [
            (
                account.id,
                account.name,
                account.display_name,
                account.provider,
                _state(account),
            )
            for account in found
        ],
        folded={"name", "display name", "provider"},
        empty="There are no accounts; `plugwright users add NAME` adds one",
    )


@app.command()
def disable(user: User) -> None:
    """Lock an account: it signs in no more, its sessions end, and all it allowed is revoked."""

    def work(c: Connection) -> str:
        account, now = find_user(c, user), time.time()
        if not accounts.disable(c, account.id, now):
            return f"{account.name} was disabled before"
        audit.record(c, "account_disabled", at=now, outcome="ok", subject=account.id, by="operator")
        return f"Disabled {account.name}"

    _do(work)


@app.command()
def enable(user: User) -> None:
    """Let a disabled account sign in again; what it had allowed stays revoked."""

    def work(c: Connection) -> str:
        account = find_user(c, user)
        if not account.is_disabled:
            return f"{account.name} is not disabled"
        accounts.enable(c, account.id)
        audit.record(c, "account_enabled", at=time.time(), outcome="ok", subject=account.id, by="operator")
        return f"Enabled {account.name}"

    _do(work)


@app.command(cls=ReadsSecret)
def password(user: User) -> None:
    """Set another password, which is asked for or read from standard input. Sessions end, all access is revoked."""
    with opened() as database:
        account = database.run(lambda c: find_user(c, user), writes=False)
        if account.provider != PASSWORD:
            raise SetupError(f"{account.name} has no password here: the account is one of {account.provider!r}")
        password_hash = _hash_of_new_password(account.name)
        database.run(lambda c: _change(c, account, password_hash), writes=True)
    say(f"Changed the password of {account.name}; whoever was signed in has to sign in again")


def find_user(c: Connection, user: str) -> Account:
    """The account of an id, or of a username here.

    Raises:
        SetupError: there is none.
    """
    found = accounts.by_id(c, user) or accounts.find(c, PASSWORD, user) if is_storable(user, _LONGEST) else None
    if found is None:
        raise SetupError(f"there is no user {user!r}; `plugwright users list` shows names and ids")
    return found


def _do(work: Callable[[Connection], str]) -> None:
    with opened() as database:
        say(database.run(work, writes=True))


def _change(c: Connection, account: Account, password_hash: str) -> None:
    now = time.time()
    accounts.change_password(c, account.id, password_hash, now=now)
    audit.record(c, "password_changed", at=now, outcome="ok", subject=account.id, by="operator")


def _hash_of_new_password(name: str) -> str:
    given = read_new_secret("Password", lambda typed: check_new_password(typed, username=name))
    passwords = Passwords(threads=1)
    try:
        return asyncio.run(passwords.hash(given))
    finally:
        passwords.close()


def _all(c: Connection) -> list[Account]:
    found: list[Account] = []
    while page := accounts.listed(c, after=found[-1].id if found else None, limit=_PAGE):
        found += page
    return found


def _state(account: Account) -> str:
    state = "disabled" if account.is_disabled else "enabled"
    return f"{state}, demo" if account.is_demo else state


def _shown(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "provider": account.provider,
        "name": account.name,
        "display_name": account.display_name,
        "is_demo": account.is_demo,
        "is_disabled": account.is_disabled,
        "has_password": account.has_password,
        "created_at": moment(account.created_at),
    }
