"""``plugwright keys``."""

import time

import pytest

from plugwright.store import user_keys
from tests.cli.operators import Operator

DAY = 86_400


def test_a_key_is_shown_once_and_is_valid_for_its_user_and_scopes(operator: Operator):
    words = ["--label", "laptop", "--scope", "places:read places:write", "--expires", "90d"]
    issued = operator.asks("keys", "issue", "ana@example.com", *words)

    row = operator.looks(lambda c: user_keys.find(c, issued["key"], time.time())) or pytest.fail("no such key")
    assert (row.id, row.subject, row.label) == (issued["id"], "ana@example.com", "laptop")
    assert row.scopes == {"places:read", "places:write"}
    assert row.expires_at is not None
    assert row.expires_at - row.created_at == pytest.approx(90 * DAY)
    assert operator.events() == [("key_issued", "ana@example.com", None)]
    assert issued["key"] not in operator.run("keys", "list").out + operator.run("keys", "list", "--json").out
    assert [file for file in operator.path.glob("*.db*") if issued["key"].encode() in file.read_bytes()] == []


def test_a_person_sees_the_key_and_that_it_is_shown_only_now(operator: Operator):
    shown = operator.run("keys", "issue", "ana").out
    [key] = [line.split()[1] for line in shown.splitlines() if line.startswith("key ")]

    assert operator.looks(lambda c: user_keys.find(c, key, time.time())) is not None
    assert "only now" in shown
    assert "expires  never" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([""], "USER must be one line"),
        ([" ana"], "without spaces around it"),
        (["a\nb"], "USER must be one line"),
        (["\udcff"], "USER must be one line"),
        (["a" * 513], "USER must be one line"),
        (["ana", "--expires", "tomorrow"], "is not a duration"),
        (["ana", "--expires", "0d"], "is not a duration"),
        (["ana", "--expires", "99999999999d"], "longer than 100 years"),
        (["ana", "--expires", "9" * 400 + "d"], "longer than 100 years"),
        (["ana", "--scope", ""], "--scope '' must be"),
        (["ana", "--scope", "東京"], "must be 1 to 100 printable ASCII"),
    ],
)
def test_what_cannot_be_a_key_gets_one_clear_line_and_is_not_issued(words: list[str], said: str, operator: Operator):
    operator.run("db", "upgrade")

    ended = operator.run("keys", "issue", *words)
    assert ended.is_one_clear_line, ended
    assert said in ended.err
    assert operator.asks("keys", "list") == []


def test_the_list_shows_the_keys_of_everybody_or_of_one_user_with_their_state(operator: Operator):
    first = operator.asks("keys", "issue", "ana")["id"]
    second = operator.asks("keys", "issue", "bob")["id"]
    now = time.time()
    past = operator.looks(
        lambda c: user_keys.issue(c, subject="ana", label="", scopes=(), now=now, expires_at=now - 1)
    )[0].id
    operator.run("keys", "revoke", second)

    states = {row["id"]: row["state"] for row in operator.asks("keys", "list")}
    assert states == {first: "valid", second: "revoked", past: "expired"}
    assert {row["id"] for row in operator.asks("keys", "list", "--user", "ana")} == {first, past}
    assert operator.asks("keys", "list", "--user", "\udcff") == []
    lines = operator.run("keys", "list").out.splitlines()
    assert [line.split()[0] for line in lines] == ["id", first, second, past]


def test_revoking_ends_a_key_at_once_and_says_so_again_without_harm(operator: Operator):
    issued = operator.asks("keys", "issue", "ana")

    first, again = (operator.run("keys", "revoke", issued["id"]) for _ in range(2))

    assert (first.code, first.out) == (0, f"Revoked the key of ana ({issued['id']})\n")
    assert (again.code, again.out) == (0, f"The key of ana ({issued['id']}) was revoked before\n")
    assert operator.looks(lambda c: user_keys.find(c, issued["key"], time.time())) is None
    assert operator.events() == [("key_issued", "ana", None), ("key_revoked", "ana", None)]


def test_the_key_itself_is_no_argument(operator: Operator):
    issued = operator.asks("keys", "issue", "ana")

    ended = operator.run("keys", "revoke", issued["key"])
    assert ended.is_one_clear_line
    assert "`plugwright tokens revoke` asks for it" in ended.err
    assert issued["key"] not in ended.err


@pytest.mark.parametrize("key_id", ["k_0", "", "\udcff"])
def test_a_key_that_does_not_exist_gets_one_clear_line(key_id: str, operator: Operator):
    operator.run("db", "upgrade")

    ended = operator.run("keys", "revoke", key_id)
    assert ended.is_one_clear_line
    assert "`plugwright keys list`" in ended.err
