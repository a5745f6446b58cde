"""``plugwright tokens``."""

import time

import pytest

from plugwright.store import consents, tokens, user_keys
from plugwright.store.token_requests import Issued, Lifetimes, RefreshUse, rotate
from tests.cli.operators import Operator


def is_valid(operator: Operator, token: str) -> bool:
    """Whether an access or refresh token is valid."""
    return operator.looks(lambda c: tokens.token_row(c, token, time.time())) is not None


@pytest.mark.parametrize(
    ("options", "ended"),
    [
        (["--user", "ana"], {("ana", "codex"), ("ana", "chatgpt")}),
        (["--client", "codex"], {("ana", "codex"), ("bob", "codex")}),
        (["--user", "ana", "--client", "codex"], {("ana", "codex")}),
    ],
)
def test_access_ends_by_user_by_client_or_by_both(options: list[str], ended: set[tuple[str, str]], operator: Operator):
    users = {name: operator.add_user(name) for name in ("ana", "bob")}
    clients = {preset: operator.add_client(preset) for preset in ("codex", "chatgpt")}
    given = {(user, client): operator.give_access(users[user], clients[client]) for user in users for client in clients}

    done = operator.run("tokens", "revoke", *(clients.get(word, word) for word in options))

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Revoked {len(ended)} grant")
    assert {pair for pair, both in given.items() if not any(is_valid(operator, token) for token in both)} == ended
    event, subject, client_id = operator.events()[-1]
    assert event == "grants_revoked"
    assert subject == (users["ana"] if "ana" in options else None)
    assert client_id == (clients["codex"] if "codex" in options else None)


def test_an_access_token_ends_alone(operator: Operator):
    ana, client_id = operator.add_user("ana"), operator.add_client("chatgpt")
    access, refresh = operator.give_access(ana, client_id)

    done = operator.run("tokens", "revoke", given=f" {access}\n")

    assert (done.code, done.err, done.out) == (0, "", "Revoked the access token\n")
    assert (is_valid(operator, access), is_valid(operator, refresh)) == (False, True)
    assert operator.events()[-1] == ("token_revoked", ana, client_id)


def test_a_refresh_token_ends_its_family_even_when_it_was_used_before(operator: Operator):
    client_id = operator.add_client("chatgpt")
    access, refresh = operator.give_access(operator.add_user("ana"), client_id)
    use = RefreshUse(client_id, refresh, None, None)
    issued = operator.looks(lambda c: rotate(c, use, Lifetimes(600, 3600), time.time()))
    assert isinstance(issued, Issued)

    done = operator.run("tokens", "revoke", given=refresh)

    assert done.out.startswith("Revoked the refresh token")
    assert not is_valid(operator, access)


def test_a_key_of_which_only_its_text_is_known_is_revoked(operator: Operator):
    key = operator.asks("keys", "issue", "ana")["key"]

    assert operator.run("tokens", "revoke", given=key).out.startswith("Revoked the key of ana")
    assert operator.looks(lambda c: user_keys.find(c, key, time.time())) is None


@pytest.mark.parametrize("given", ["pw_at_unknown", "a\0b", "東京", "pw_sess_x\n"])
def test_a_token_that_is_not_valid_gets_one_clear_line(given: str, operator: Operator):
    operator.run("db", "upgrade")

    ended = operator.run("tokens", "revoke", given=given)
    assert ended.is_one_clear_line
    assert "no valid access token" in ended.err
    assert given.strip() not in ended.err


def test_a_token_that_ended_is_told_so(operator: Operator):
    access, refresh = operator.give_access(operator.add_user("ana"), operator.add_client("chatgpt"))
    for token in (access, refresh):
        assert operator.run("tokens", "revoke", given=token).code == 0
        assert operator.run("tokens", "revoke", given=token).is_one_clear_line


@pytest.mark.parametrize("words", [["pw_at_abc"], ["--token", "pw_at_abc"], ["--token=pw_at_abc"], ["pw_at_abc", "x"]])
def test_a_token_as_an_argument_is_refused_with_the_reason_and_the_way(words: list[str], operator: Operator):
    operator.run("db", "upgrade")

    ended = operator.run("tokens", "revoke", *words)
    assert ended.is_one_clear_line
    assert "history" in ended.err
    assert "pw_at_abc" not in ended.err


@pytest.mark.parametrize("options", [["--user", "nobody"], ["--client", "c_0"], ["--user", ""], ["--client", ""]])
def test_whoever_does_not_exist_gets_one_clear_line(options: list[str], operator: Operator):
    operator.run("db", "upgrade")

    assert operator.run("tokens", "revoke", *options).is_one_clear_line


def test_nothing_given_revokes_nothing(operator: Operator):
    operator.run("db", "upgrade")

    ended = operator.run("tokens", "revoke")
    assert ended.is_one_clear_line
    assert "no token was given" in ended.err


def test_a_person_is_asked_for_the_token_and_it_is_not_to_be_seen(operator: Operator):
    access, _ = operator.give_access(operator.add_user("ana"), operator.add_client("chatgpt"))

    with operator.terminal("tokens", "revoke") as terminal:
        terminal.answer("Token: ", f"{access}\n")
        code, seen = terminal.end()

    assert (code, access in seen) == (0, False)
    assert not is_valid(operator, access)


def test_what_was_revoked_for_a_user_and_a_client_is_asked_for_anew(operator: Operator):
    ana, client_id = operator.add_user("ana"), operator.add_client("chatgpt")
    key = b"k" * 32
    operator.looks(lambda c: consents.remember(c, ana, key, client_id, {"notes"}, 0.0))

    assert operator.run("tokens", "revoke", "--user", "ana", "--client", client_id).code == 0

    assert operator.looks(lambda c: consents.allowed(c, ana, key)) == frozenset()
