"""``plugwright audit``."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from plugwright.cli.audit_records import latest, moment_of, news
from plugwright.errors import SetupError
from plugwright.observe.principal_digests import principal_digests
from plugwright.store import audit
from plugwright.store.audit import Entry, Record, Wanted
from tests.cli.operators import Operator

NOW = 1795352400.0  # 2026-11-22T13:00:00Z


def lines(operator: Operator, *words: str) -> list[dict[str, Any]]:
    """The events that the command prints as JSON Lines."""
    ended = operator.run("audit", "--json", *words)
    assert (ended.code, ended.err) == (0, "")
    return [json.loads(line) for line in ended.out.splitlines()]


def record(operator: Operator, *records: Record) -> None:
    """Record events in the operator's database."""
    operator.run("db", "upgrade")
    operator.looks(lambda c: audit.append(c, records))


def called(at: float, operation: str, **given: Any) -> Record:
    """A call that went well."""
    return Record(at, "call", "ok", operation=operation, **given)


def test_it_shows_what_happened_the_last_event_at_the_end(operator: Operator):
    ana, client_id = operator.add_user("ana"), operator.add_client("codex")
    operator.give_access(ana, client_id)
    operator.run("tokens", "revoke", "--user", "ana")
    record(operator, called(NOW, "save_place", subject=ana, client_id=client_id, request_id="r-1"))

    ended = operator.run("audit")
    assert (ended.code, ended.err) == (0, "")
    head, *rows = ended.out.splitlines()
    assert head.split() == ["time", "(UTC)", "event", "outcome", "user", "client", "operation", "more"]
    assert [row.split()[2] for row in rows] == ["account_added", "client_added", "grants_revoked", "call"]
    assert rows[-1].split() == ["2026-11-22", "13:00:00", "call", "ok", ana, client_id, "save_place", "request=r-1"]


def test_programs_get_an_object_a_line(operator: Operator):
    detail = {"protocol": "mcp"}
    record(operator, called(NOW, "save", subject="u_1", client_id="c_1", request_id="r-1", detail=detail))

    (found,) = lines(operator)
    assert found == {
        "id": found["id"],
        "at": "2026-11-22T13:00:00.000+00:00",
        "event": "call",
        "outcome": "ok",
        "subject": "u_1",
        "client": "c_1",
        "operation": "save",
        "request_id": "r-1",
        "detail": {"protocol": "mcp"},
    }


def test_who_has_the_secret_of_the_log_finds_the_lines_of_a_user(operator: Operator, monkeypatch: pytest.MonkeyPatch):
    record(operator, called(NOW, "save", subject="u_1"), called(NOW, "save"))
    monkeypatch.setenv("PLUGWRIGHT_SECRET", "a secret of tests")

    assert [line.get("principal") for line in lines(operator)] == [principal_digests("a secret of tests")("u_1"), None]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--event", "call"], ["save", "drop"]),
        (["--subject", "u_1"], ["save"]),
        (["--client", "c_2"], ["drop"]),
        (["--operation", "drop"], ["drop"]),
        (["--event", "call", "--subject", "u_2", "--operation", "save"], []),
        (["--limit", "1"], [None]),
        (["--limit", "2"], ["drop", None]),
    ],
)
def test_it_shows_what_was_asked_for(options: list[str], found: list[str | None], operator: Operator):
    record(
        operator,
        called(NOW, "save", subject="u_1", client_id="c_1"),
        called(NOW + 1, "drop", subject="u_2", client_id="c_2"),
        Record(NOW + 2, "sign_in", "refused"),
    )

    assert [line["operation"] for line in lines(operator, *options)] == found


def test_a_user_is_found_by_name_too(operator: Operator):
    ana = operator.add_user("ana")
    operator.add_user("bob")

    assert [line["subject"] for line in lines(operator, "--subject", "ana")] == [ana]


def test_it_shows_what_happened_since_a_time(operator: Operator):
    now = time.time()
    record(operator, called(now - 8000, "old"), called(now - 60, "new"))

    assert [line["operation"] for line in lines(operator, "--since", "2h")] == ["new"]
    assert [line["operation"] for line in lines(operator, "--since", "2020-01-01")] == ["old", "new"]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        *(("2h", NOW - 7200), ("7d", NOW - 7 * 86400), ("2026-11-22", NOW - 13 * 3600), ("2026-11-22T13:00", NOW)),
        ("2026-11-22T15:00+02:00", NOW),
    ],
)
def test_a_time_is_a_duration_or_a_date(text: str, moment: float):
    assert moment_of(text, NOW) == moment


def test_a_time_that_is_none_says_how_to_write_one(operator: Operator):
    with pytest.raises(SetupError, match="--since: 'yesterday' is no time; write 2h"):
        moment_of("yesterday", NOW)


def test_without_events_it_says_so(operator: Operator):
    operator.run("db", "upgrade")
    ended = operator.run("audit", "--subject", "nobody")

    assert (ended.code, ended.out, ended.err) == (0, "", "There are no such events\n")
    assert lines(operator) == []


def test_a_name_that_a_client_chose_gives_the_terminal_no_orders(operator: Operator):
    record(operator, Record(NOW, "client_refused", "no", client_id="\x1b[2Jevil", detail={"why": "a\nb"}))

    assert not {"\x1b", "\x1b[2J"} & set(operator.run("audit").out)
    assert len(operator.run("audit").out.splitlines()) == 2


def test_following_shows_every_event_once_also_one_that_comes_late(operator: Operator):
    record(operator, *[called(NOW + number, "old") for number in range(3)])
    steps: list[Callable[[], object]] = [
        lambda: record(operator, called(NOW, "one"), Record(NOW, "sign_in", "ok")),
        lambda: None,
        lambda: insert(operator, 90, "two"),
        lambda: insert(operator, 80, "late"),
    ]

    def pause(seconds: float) -> None:
        if not steps:
            raise KeyboardInterrupt
        steps.pop(0)()

    seen: list[Sequence[Entry]] = []
    with operator.database() as database, pytest.raises(KeyboardInterrupt):
        seen.extend(news(database, Wanted(event="call"), latest(database), pause))

    assert [[entry.operation for entry in found] for found in seen] == [["one"], ["two"], ["late"]]


def insert(operator: Operator, number: int, operation: str) -> None:
    """Record an event under a number of its own, as of a transaction that ends after later ones."""
    row: dict[str, Any] = {
        "id": number,
        "at": NOW,
        "event": "call",
        "outcome": "ok",
        "operation": operation,
        "detail": {},
    }
    operator.looks(lambda c: c.execute(audit.audit.insert(), {**row, "operation": operation}))
