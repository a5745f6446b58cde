"""``plugwright users``."""

import asyncio
import time

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection

from plugwright.auth.passwords import Passwords
from plugwright.store import accounts, sessions, tokens
from plugwright.store.accounts import Account
from tests.cli.operators import PASSWORD, Operator

OTHER_PASSWORD = "a second horse"  # noqa: S105 of accounts that tests make


def test_who_was_added_signs_in_with_the_password_that_was_piped_in(operator: Operator):
    operator.add_user("Ána", f"{PASSWORD}\r\nand a second line\n")

    account, stored = operator.looks(lambda c: accounts.password_of(c, "ÁNA")) or pytest.fail("no account")
    assert is_password(PASSWORD, stored)
    assert (account.name, account.display_name) == ("ána", "Ána")
    assert operator.events() == [("account_added", account.id, None)]


def test_the_list_shows_accounts_in_the_order_of_their_names(operator: Operator):
    bob, ana = operator.add_user("bob"), operator.add_user("Ana")
    operator.run("users", "disable", "bob")

    first, *lines = operator.run("users", "list").out.splitlines()
    assert first.split("  ")[0] == "id"
    assert [line.split()[:5] for line in lines] == [
        [ana, "ana", "Ana", "password", "enabled"],
        [bob, "bob", "bob", "password", "disabled"],
    ]
    listed = operator.asks("users", "list")
    assert [(row["id"], row["is_disabled"], row["has_password"]) for row in listed] == [
        (ana, False, True),
        (bob, True, True),
    ]


def test_a_list_without_accounts_says_how_to_add_one_and_is_an_empty_list_for_programs(operator: Operator):
    operator.run("db", "upgrade")

    ended = operator.run("users", "list")
    assert (ended.code, ended.out) == (0, "")
    assert "plugwright users add NAME" in ended.err
    assert operator.asks("users", "list") == []


def test_a_name_that_is_taken_is_refused_before_a_password_is_asked_for(operator: Operator):
    operator.add_user("ana")

    ended = operator.run("users", "add", "ANA")
    assert ended.is_one_clear_line
    assert "'ana' already" in ended.err


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("ana", "short\n", "at least 8 characters"),
        ("ana-maria", "Ana-Maria\n", "must not be the username"),
        ("ana", "password1", "most common"),
        ("ana", "", "no password was given"),
        ("ana", "\n", "no password was given"),
        ("ana", b"\xff\xfe\xff\xfe\xff\xfe\xff\xfe\n", "not UTF-8"),
        ("ana", "x" * 1025, "at most 1,024 bytes"),
        ("ana", "x" * 20_000, "longer than 10,000 bytes"),
        (" ", PASSWORD, "A username has 1 to 100 characters"),
        ("a" * 101, PASSWORD, "A username has 1 to 100 characters"),
        ("a\x1b[2J", PASSWORD, "A username has 1 to 100 characters"),
        ("\udcff", PASSWORD, "A username has 1 to 100 characters"),
    ],
)
def test_what_cannot_be_a_name_or_a_password_gets_one_clear_line_and_no_account(
    name: str, given: str | bytes, said: str, operator: Operator
):
    operator.run("db", "upgrade")

    ended = operator.run("users", "add", name, given=given)
    assert ended.is_one_clear_line, ended
    assert said in ended.err
    assert operator.asks("users", "list") == []


@pytest.mark.parametrize("command", ["add", "password"])
@pytest.mark.parametrize(
    "words", [["hunter22hunter"], ["--password", "hunter22hunter"], ["--password=hunter22hunter"], ["-p", "hunter22"]]
)
def test_a_password_as_an_argument_is_refused_with_the_reason_and_the_way(
    command: str, words: list[str], operator: Operator
):
    operator.run("db", "upgrade")

    ended = operator.run("users", command, "ana", *words, given=PASSWORD)
    assert ended.is_one_clear_line, ended
    assert "history" in ended.err
    assert "pipe it in" in ended.err
    assert "hunter22" not in ended.err
    assert operator.asks("users", "list") == []


def test_disabling_ends_sessions_and_access_and_enabling_gives_neither_back(operator: Operator):
    ana = operator.add_user("ana")
    token, _ = operator.give_access(ana, operator.add_client("chatgpt"))
    session = operator.looks(lambda c: sessions.start(c, ana, now=time.time(), lifetime=600))

    assert operator.run("users", "disable", "ANA").out == "Disabled ana\n"
    assert operator.run("users", "disable", "ana").out == "ana was disabled before\n"
    assert operator.run("users", "enable", ana).out == "Enabled ana\n"
    assert operator.run("users", "enable", ana).out == "ana is not disabled\n"

    assert operator.looks(lambda c: tokens.access(c, token, time.time())) is None
    assert operator.looks(lambda c: sessions.account_of(c, session, time.time())) is None
    assert [event for event, *_ in operator.events()][2:] == ["account_disabled", "account_enabled"]


def test_another_password_ends_sessions_and_access_and_is_the_only_one_that_opens(operator: Operator):
    ana = operator.add_user("ana")
    token, _ = operator.give_access(ana, operator.add_client("chatgpt"))
    session = operator.looks(lambda c: sessions.start(c, ana, now=time.time(), lifetime=600))

    ended = operator.run("users", "password", "ana", given=OTHER_PASSWORD)

    assert (ended.code, ended.err) == (0, "")
    assert operator.looks(lambda c: tokens.access(c, token, time.time())) is None
    assert operator.looks(lambda c: sessions.account_of(c, session, time.time())) is None
    _, stored = operator.looks(lambda c: accounts.password_of(c, "ana")) or pytest.fail("no account")
    assert is_password(OTHER_PASSWORD, stored)
    assert not is_password(PASSWORD, stored)
    assert operator.events()[-1] == ("password_changed", ana, None)


def test_a_password_that_is_refused_changes_nothing(operator: Operator):
    ana = operator.add_user("ana")
    session = operator.looks(lambda c: sessions.start(c, ana, now=time.time(), lifetime=600))

    assert operator.run("users", "password", "ana", given="short").is_one_clear_line
    assert operator.looks(lambda c: sessions.account_of(c, session, time.time())) is not None


def test_an_account_of_an_openid_provider_is_disabled_by_its_id_and_has_no_password_to_change(operator: Operator):
    operator.run("db", "upgrade")
    account = operator.looks(lambda c: outside(c, "Eve\x1b[2J\u202e"))

    ended = operator.run("users", "password", account.id, given=PASSWORD)
    assert ended.is_one_clear_line
    assert "https://login.example" in ended.err
    assert operator.run("users", "disable", "subject-1").is_one_clear_line
    assert operator.run("users", "disable", account.id).code == 0


def test_a_name_from_outside_cannot_command_the_terminal(operator: Operator):
    operator.run("db", "upgrade")
    operator.looks(lambda c: outside(c, "Eve\x1b[2J\u202e\x9b"))

    shown, as_json = operator.run("users", "list").out, operator.run("users", "list", "--json").out
    assert "Eve\N{REPLACEMENT CHARACTER}[2J" in shown
    assert [letter for letter in shown + as_json if not letter.isprintable() and letter != "\n"] == []
    assert operator.asks("users", "list")[0]["display_name"] == "Eve\x1b[2J\u202e\x9b"


def is_password(text: str, stored: str) -> bool:
    """Whether a stored hash is that of a password."""
    passwords = Passwords()
    try:
        return asyncio.run(passwords.verify(stored, SecretStr(text)))
    finally:
        passwords.close()


def outside(c: Connection, name: str) -> Account:
    """An account that an OpenID provider vouches for."""
    return accounts.ensure(c, provider="https://login.example", name="subject-1", display_name=name, now=1.0)


@pytest.mark.parametrize("command", ["disable", "enable", "password"])
@pytest.mark.parametrize("user", ["nobody", "", "\udcff", "u_0"])
def test_a_user_who_does_not_exist_gets_one_clear_line(command: str, user: str, operator: Operator):
    operator.run("db", "upgrade")

    ended = operator.run("users", command, user, given=PASSWORD)
    assert ended.is_one_clear_line
    assert "`plugwright users list`" in ended.err


def test_a_person_is_asked_twice_and_what_they_type_is_not_to_be_seen(operator: Operator):
    with operator.terminal("users", "add", "ana") as terminal:
        terminal.answer("Password: ", f"{PASSWORD}\n")
        terminal.answer("Password again: ", f"{PASSWORD}\n")
        code, seen = terminal.end()

    assert (code, PASSWORD in seen) == (0, False)
    assert "Added ana" in seen
    assert operator.looks(lambda c: accounts.password_of(c, "ana")) is not None


@pytest.mark.parametrize(
    ("again", "code", "said"),
    [("something else\n", 2, "not the same"), ("\x04", 1, "Aborted"), ("\x03", 130, "")],
    ids=["different", "Ctrl-D", "Ctrl-C"],
)
def test_a_person_who_changes_their_mind_adds_nobody(again: str, code: int, said: str, operator: Operator):
    with operator.terminal("users", "add", "ana") as terminal:
        terminal.answer("Password: ", f"{PASSWORD}\n")
        terminal.answer("Password again: ", again)
        ended, seen = terminal.end()

    assert ended == code
    assert said in seen
    assert "Traceback" not in seen
    assert operator.looks(accounts.listed) == []
