"""A session that something follows from cannot end in the middle of it."""

from __future__ import annotations

import threading

from sqlalchemy import Connection

from plugwright.store import accounts, sessions
from plugwright.store.database import Database

NOW = 1_800_000_000.0


async def test_locking_an_account_out_waits_for_what_follows_from_its_session(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    account = await database.write(
        lambda c: accounts.ensure(c, provider="author", name="ada", display_name="Ada", now=NOW)
    )
    secret = await database.write(lambda c: sessions.start(c, account.id, now=NOW, lifetime=60))
    is_held, may_end = threading.Event(), threading.Event()
    order: list[str] = []

    def approving(c: Connection) -> None:
        assert sessions.hold(c, secret, NOW) is not None
        is_held.set()
        assert may_end.wait(5)
        order.append("approved")

    def locking_out(c: Connection) -> None:
        accounts.lock_out(c, account.id, now=NOW, because="password_changed")
        order.append("locked out")

    first = threading.Thread(target=lambda: database.run(approving, writes=True))
    second = threading.Thread(target=lambda: database.run(locking_out, writes=True))
    first.start()
    assert is_held.wait(5)
    second.start()
    second.join(0.2)
    may_end.set()
    first.join(5)
    second.join(5)
    database.close()

    assert order == ["approved", "locked out"]
