"""Keys of users, and the audit log."""

from __future__ import annotations

import time
from types import ModuleType

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from plugwright.store import audit, user_keys
from plugwright.store.audit import Record, Wanted
from plugwright.store.database import Database

DAY = 86_400.0


def test_a_key_is_found_until_it_expires(database: Database):
    def work(c: Connection) -> None:
        row, secret = user_keys.issue(c, subject="ada", label="phone", scopes={"b", "a"}, now=1.0, expires_at=9.0)

        assert secret.startswith("pw_key_")
        assert (row.subject, row.label, row.scopes, row.expires_at) == ("ada", "phone", {"a", "b"}, 9.0)
        assert user_keys.find(c, secret, 8.9) == row
        assert user_keys.find(c, secret, 9.0) is None
        assert user_keys.find(c, secret[:-1], 2.0) is None
        assert user_keys.find(c, row.id, 2.0) is None

    database.run(work, writes=True)


def test_a_key_is_valid_for_ever_until_it_is_revoked(database: Database):
    def work(c: Connection) -> None:
        row, secret = user_keys.issue(c, subject="ada", label="", scopes=(), now=1.0)
        assert user_keys.find(c, secret, 1e12) == row

        assert user_keys.revoke(c, row.id, 5.0)
        assert not user_keys.revoke(c, row.id, 6.0)
        assert not user_keys.revoke(c, "k_0", 6.0)
        assert user_keys.find(c, secret, 2.0) is None
        assert [key.revoked_at for key in user_keys.listed(c)] == [5.0]

    database.run(work, writes=True)


def test_keys_are_listed_by_age_and_user(database: Database):
    def work(c: Connection) -> None:
        for now, subject in ((2.0, "ada"), (1.0, "bob"), (3.0, "ada")):
            user_keys.issue(c, subject=subject, label=f"at {now}", scopes=(), now=now)
        assert [key.label for key in user_keys.listed(c)] == ["at 1.0", "at 2.0", "at 3.0"]
        assert [key.label for key in user_keys.listed(c, "ada")] == ["at 2.0", "at 3.0"]

    database.run(work, writes=True)


def test_events_are_read_the_last_one_first(database: Database):
    def work(c: Connection) -> None:
        audit.record(c, "sign_in", at=1.0, outcome="ok", subject="u_1", address="127.0.0.1")
        audit.record(c, "sign_in", at=2.0, outcome="refused", subject="u_2")
        audit.record(c, "token_issued", at=3.0, outcome="ok", subject="u_1", client_id="c_1", count=2)

        latest = audit.recent(c, 2)
        assert [(entry.at, entry.event) for entry in latest] == [(3.0, "token_issued"), (2.0, "sign_in")]
        assert latest[0].detail == {"count": 2}
        assert [entry.at for entry in audit.recent(c, 9, before=latest[-1].id)] == [1.0]
        assert [entry.at for entry in audit.recent(c, 9, Wanted(subject="u_1"))] == [3.0, 1.0]
        assert [entry.at for entry in audit.recent(c, 9, Wanted(client_id="c_1"))] == [3.0]
        assert [entry.outcome for entry in audit.recent(c, 9, Wanted(event="sign_in"))] == ["refused", "ok"]
        assert [entry.at for entry in audit.recent(c, 9, Wanted(since=2.0))] == [3.0, 2.0]
        assert [entry.at for entry in audit.after(c, latest[-1].id, 9)] == [3.0]
        assert [entry.at for entry in audit.after(c, 0, 2, Wanted(subject="u_1"))] == [1.0, 3.0]

    database.run(work, writes=True)


def test_an_event_is_recorded_whatever_its_texts_hold(database: Database):
    def work(c: Connection) -> None:
        hostile = "\0\ud800" + "x" * 9999
        audit.record(c, "sign_in", at=1.0, outcome="refused", subject=hostile, client_id=hostile, username=hostile)
        entry = audit.recent(c, 1)[0]

        assert entry.subject is not None
        assert entry.client_id is not None
        assert [len(text) for text in (entry.subject, entry.client_id, entry.detail["username"])] == [512, 2048, 512]

    database.run(work, writes=True)


def test_a_call_is_recorded_with_its_operation_and_request(database: Database):
    called = Record(1.0, "call", "ok", "u_1", "c_1", "save_place", "abc-1", {"protocol": "mcp"})
    database.run(lambda c: audit.append(c, [called, Record(2.0, "call", "ok", operation="drop_place")]), writes=True)

    (found,) = database.run(lambda c: audit.recent(c, 9, Wanted(operation="save_place")), writes=False)
    assert (found.subject, found.client_id, found.operation, found.request_id) == ("u_1", "c_1", "save_place", "abc-1")
    assert (found.event, found.outcome, found.detail) == ("call", "ok", {"protocol": "mcp"})


def test_the_audit_log_has_no_way_to_change_or_remove_an_event():
    assert public_functions(audit) == {"record", "append", "recent", "after"}


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET outcome = 'ok'", "DELETE FROM audit", "DELETE FROM audit WHERE outcome = 'refused'"]
)
def test_the_database_itself_refuses_to_change_an_event_or_to_remove_a_young_one(statement: str, database: Database):
    now = time.time()
    database.run(lambda c: audit.record(c, "sign_in", at=now - 28 * DAY, outcome="refused"), writes=True)

    with pytest.raises(DBAPIError, match="can only be added to"):
        database.run(lambda c: c.execute(text(statement)), writes=True)
    assert [entry.outcome for entry in database.run(lambda c: audit.recent(c, 9), writes=False)] == ["refused"]


def test_postgresql_refuses_to_empty_the_audit_record(postgresql_url: str):
    database = Database(postgresql_url)
    with pytest.raises(DBAPIError, match="can only be added to"):
        database.run(lambda c: c.execute(text("TRUNCATE audit")), writes=True)
    database.close()


def public_functions(module: ModuleType) -> set[str]:
    """What a module offers of its own."""
    return {
        name
        for name, value in vars(module).items()
        if callable(value) and value.__module__ == module.__name__ and name[0].islower() and name[0] != "_"
    }
