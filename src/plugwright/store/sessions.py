"""Sessions: browsers that are signed in."""

from sqlalchemy import Connection, bindparam, delete, insert, select

from plugwright.store.accounts import COLUMNS, Account, account_of_row
from plugwright.store.secret_values import digest, new_secret
from plugwright.store.tables import accounts, sessions

_START = insert(sessions)
_ACCOUNT_OF = (
    select(*COLUMNS)
    .join(sessions, sessions.c.account_id == accounts.c.id)
    .where(
        sessions.c.digest == bindparam("session"),
        sessions.c.expires_at > bindparam("now"),
        accounts.c.disabled_at.is_(None),
    )
)
_HELD = _ACCOUNT_OF.with_for_update(read=True, of=sessions)
_END = delete(sessions).where(sessions.c.digest == bindparam("session"))
_END_ALL = delete(sessions).where(sessions.c.account_id == bindparam("account"))


def start(c: Connection, account_id: str, *, now: float, lifetime: float) -> str:
    """Start a session; its secret is for the browser."""
    secret = new_secret("pw_sess")
    row = {"digest": digest(secret), "account_id": account_id, "created_at": now, "expires_at": now + lifetime}
    c.execute(_START, row)
    return secret


def account_of(c: Connection, secret: str, now: float) -> Account | None:
    """Who is signed in, unless the session has ended or the account is disabled."""
    row = c.execute(_ACCOUNT_OF, {"session": digest(secret), "now": now}).first()
    return account_of_row(row) if row else None


def hold(c: Connection, secret: str, now: float) -> Account | None:
    """The same, and the session cannot end before this transaction does.

    So whoever ends it, because a password was changed, sees what followed from it.
    """
    row = c.execute(_HELD, {"session": digest(secret), "now": now}).first()
    return account_of_row(row) if row else None


def end(c: Connection, secret: str) -> None:
    """End a session."""
    c.execute(_END, {"session": digest(secret)})


def end_all(c: Connection, account_id: str) -> None:
    """End every session of an account."""
    c.execute(_END_ALL, {"account": account_id})
