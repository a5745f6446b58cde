"""``plugwright keys``: keys of users, for a plugin with ``auth=UserKey(...)``."""

import time
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from plugwright.cli.deferred import new_group
from plugwright.cli.scopes import Scopes, scopes_of
from plugwright.cli.secret_input import ReadsSecret
from plugwright.cli.showing import AsJson, day, moment, print_facts, print_json, print_table, say
from plugwright.cli.store import opened
from plugwright.errors import SetupError
from plugwright.operations.durations import seconds
from plugwright.store import audit, user_keys
from plugwright.store.texts import is_storable
from plugwright.store.user_keys import UserKeyRow

app = new_group()

_LONGEST_USER = 512
_LONGEST_LIFETIME = 100 * 365 * 86400.0


@app.command()
def issue(
    user: Annotated[str, typer.Argument(metavar="USER", help="Whom calls with the key come from, such as an e-mail.")],
    label: Annotated[str, typer.Option(help="What the key is for.")] = "",
    scope: Scopes = None,
    expires: Annotated[str | None, typer.Option(help="After how long it ends, such as 90d; by default never.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key for a user. It is shown once."""
    if not is_storable(user, _LONGEST_USER) or not user.isprintable() or user != user.strip():
        raise SetupError(f"USER must be one line of 1 to {_LONGEST_USER} characters, without spaces around it")
    now = time.time()
    scopes = scopes_of(scope or ())
    expires_at = None if expires is None else now + _lifetime(expires)

    def work(c: Connection) -> tuple[UserKeyRow, str]:
        row, secret = user_keys.issue(c, subject=user, label=label, scopes=scopes, now=now, expires_at=expires_at)
        audit.record(c, "key_issued", at=now, outcome="ok", subject=user, key=row.id, by="operator")
        return row, secret

    with opened(creates=True) as database:
        row, secret = database.run(work, writes=True)
    if as_json:
        print_json({**_shown(row, now), "key": secret})
        return
    print_facts(
        [
            ("user", row.subject),
            ("label", row.label or None),
            ("scopes", " ".join(sorted(row.scopes)) or None),
            ("expires", moment(row.expires_at) or "never"),
            ("id", row.id),
            ("key", secret),
        ]
    )
    say("The key is shown only now; the database keeps no more than its digest.")


@app.command("list")
def list_keys(
    user: Annotated[str | None, typer.Option(help="Only the keys of this user.")] = None, as_json: AsJson = False
) -> None:
    """Show what is known of every key; the keys themselves are known to their users only."""
    now = time.time()
    with opened() as database:
        found = database.run(lambda c: _keys_of(c, user), writes=False)
    if as_json:
        print_json([_shown(row, now) for row in found])
        return
    print_table(
        ["id", "user", "label", "scopes", "state", "expires"],
        [
            (
                row.id,
                row.subject,
                row.label,
                " ".join(sorted(row.scopes)),
                _state(row, now),
                day(row.expires_at),
            )
            for row in found
        ],
        folded={"user", "label", "scopes"},
        empty="There are no such keys; `plugwright keys issue USER` makes one",
    )


@app.command(cls=ReadsSecret)
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `plugwright keys list` shows it.")],
) -> None:
    """End a key, at once. For a key of which only its text is known there is `plugwright tokens revoke`."""
    if key_id.startswith("pw_key_"):
        raise SetupError(
            "that is the key itself, which the shell's history now keeps; give its id from `plugwright keys list`, "
            "or leave it out of the command: `plugwright tokens revoke` asks for it"
        )
    with opened() as database:
        say(database.run(lambda c: revoke_key(c, key_id), writes=True))


def revoke_key(c: Connection, key_id: str) -> str:
    """End a key; what to tell.

    Raises:
        SetupError: there is no such key.
    """
    row = next((row for row in user_keys.listed(c) if row.id == key_id), None)
    if row is None:
        raise SetupError(f"there is no key {key_id!r}; `plugwright keys list` shows their ids")
    now = time.time()
    if not user_keys.revoke(c, row.id, now):
        return f"The key of {row.subject} ({row.id}) was revoked before"
    audit.record(c, "key_revoked", at=now, outcome="ok", subject=row.subject, key=row.id, by="operator")
    return f"Revoked the key of {row.subject} ({row.id})"


def _keys_of(c: Connection, user: str | None) -> list[UserKeyRow]:
    return user_keys.listed(c, user) if user is None or is_storable(user, _LONGEST_USER) else []


def _lifetime(text: str) -> float:
    lifetime = seconds(text, of="--expires")
    if lifetime > _LONGEST_LIFETIME:
        raise SetupError(f"--expires: {text!r} is longer than 100 years; leave it out for a key that never ends")
    return lifetime


def _state(row: UserKeyRow, now: float) -> str:
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at is not None and row.expires_at <= now else "valid"


def _shown(row: UserKeyRow, now: float) -> dict[str, Any]:
    return {
        "id": row.id,
        "user": row.subject,
        "label": row.label,
        "scopes": sorted(row.scopes),
        "state": _state(row, now),
        "created_at": moment(row.created_at),
        "expires_at": moment(row.expires_at),
        "revoked_at": moment(row.revoked_at),
    }
