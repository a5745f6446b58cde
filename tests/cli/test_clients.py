"""``plugwright clients``."""

import json
import time

import pytest

from plugwright.auth.server.redirects import matches
from plugwright.store import clients, consents, tokens
from plugwright.store.clients import Client
from plugwright.store.secret_values import digest
from tests.cli.operators import Operator

CHATGPT = "https://chatgpt.com/connector_platform_oauth_redirect"


def stored(operator: Operator, client_id: str) -> Client:
    """The client of an id."""
    return operator.looks(lambda c: clients.find(c, client_id)) or pytest.fail(f"no client {client_id}")


@pytest.mark.parametrize(
    ("preset", "name", "expected"),
    [
        ("chatgpt", "ChatGPT", ("client_secret_post", True, False)),
        ("chatgpt-legacy", "ChatGPT", ("client_secret_post", False, True)),
        ("gpt-action", "ChatGPT", ("client_secret_post", False, True)),
        ("codex", "Codex", ("none", True, False)),
    ],
)
def test_a_preset_says_all_that_a_client_may_do(
    preset: str, name: str, expected: tuple[str, bool, bool], operator: Operator
):
    client = stored(operator, operator.add_client(preset))

    assert (client.name, client.source, client.is_trusted, client.scopes) == (name, "operator", True, None)
    assert (client.auth_method, client.requires_pkce, client.takes_json) == expected
    assert client.grant_types == ("authorization_code", "refresh_token")
    assert operator.events() == [("client_added", None, client.id)]


@pytest.mark.parametrize(
    ("preset", "uri", "is_taken"),
    [
        ("chatgpt", CHATGPT, True),
        ("chatgpt", "https://chatgpt.com/connector/oauth/a1_B-2", True),
        ("chatgpt", "https://platform.openai.com/apps-manage/oauth", True),
        ("chatgpt", "https://chatgpt.com/connector/oauth/a/b", False),
        ("chatgpt", "https://chatgpt.com.evil.example/connector/oauth/a", False),
        ("chatgpt-legacy", "https://chat.openai.com/aip/plugin-2f1/oauth/callback", True),
        ("chatgpt-legacy", "https://chatgpt.com/aip/plugin-2f1/oauth/callback", True),
        ("chatgpt-legacy", "https://chat.openai.com/aip/../oauth/callback", False),
        ("gpt-action", "https://chatgpt.com/aip/g-2f1/oauth/callback", True),
        ("gpt-action", "https://chat.openai.com/aip/g-2f1/oauth/callback", True),
        ("gpt-action", CHATGPT, False),
        ("codex", "http://127.0.0.1:1455/callback", True),
        ("codex", "http://127.0.0.1/callback", True),
        ("codex", "http://192.0.2.1:1455/callback", False),
        ("codex", "http://127.0.0.1:1455/other", False),
    ],
)
def test_a_preset_takes_the_redirect_uris_of_its_service_and_no_others(
    preset: str, uri: str, is_taken: bool, operator: Operator
):
    client = stored(operator, operator.add_client(preset))

    assert matches(client.redirect_uris, client.redirect_templates, uri) is is_taken


def test_a_secret_is_shown_once_and_kept_as_a_digest_only(operator: Operator):
    as_json = operator.asks("clients", "add", "chatgpt")
    shown = operator.run("clients", "add", "chatgpt").out
    lines = dict(line.split(maxsplit=2)[1:] for line in shown.splitlines() if line.startswith("client "))

    for client_id, secret in (
        (as_json["client_id"], as_json["client_secret"]),
        (lines["id"], lines["secret"]),
    ):
        assert secret.startswith("pw_cs_")
        assert stored(operator, client_id).secret_digest == digest(secret)
        later = operator.run("clients", "show", client_id).out + operator.run("clients", "list", "--json").out
        assert secret not in later
        for file in operator.path.glob("plugwright.db*"):
            assert secret.encode() not in file.read_bytes()


@pytest.mark.parametrize("words", [["codex"], ["chatgpt", "--public"], ["chatgpt", "--auth-method", "none"]])
def test_a_public_client_has_no_secret_and_needs_pkce(words: list[str], operator: Operator):
    added = operator.asks("clients", "add", *words)
    client = stored(operator, added["client_id"])

    assert (added["client_secret"], client.secret_digest) == (None, None)
    assert (client.authenticates, client.requires_pkce) == (False, True)


def test_redirect_uris_of_the_operator_take_the_place_of_those_of_the_preset(operator: Operator):
    mine, template = "https://chatgpt.com/aip/g-7/oauth/callback", "https://chatgpt.com/aip/g-7{id}/oauth/callback"
    words = ["--redirect-uri", mine, "--redirect-uri", template, "--redirect-uri", mine]
    client = stored(operator, operator.add_client("gpt-action", *words))

    assert (client.redirect_uris, client.redirect_templates) == ((mine,), (template,))
    assert not client.requires_pkce


def test_a_client_without_a_preset_is_what_its_options_say(operator: Operator):
    words = ["--name", " Desk 東京 ", "--redirect-uri", "com.example.desk:/done", "--untrusted"]
    words += ["--jwks-uri", "https://desk.example/jwks", "--scope", "places:read places:write", "--scope", "weather"]
    client = stored(operator, operator.add_client(*words))

    assert (client.name, client.redirect_uris) == ("Desk 東京", ("com.example.desk:/done",))
    assert (client.auth_method, client.jwks_uri) == ("private_key_jwt", "https://desk.example/jwks")
    assert client.scopes == {"places:read", "places:write", "weather"}
    assert (client.is_trusted, client.requires_pkce, client.takes_json) == (False, True, False)


CUSTOM = ["--name", "Desk", "--redirect-uri", "https://desk.example/done"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "needs a --redirect-uri, or a preset: chatgpt, chatgpt-legacy, gpt-action, codex"),
        (["my-app"], "no preset 'my-app'; there are: chatgpt, chatgpt-legacy, gpt-action, codex"),
        (["--name", "Desk"], "needs a --redirect-uri"),
        (["--redirect-uri", "https://desk.example/done"], "needs a --name"),
        (["chatgpt", "--name", " "], "--name must be one line"),
        (["chatgpt", "--name", "a\x1b[2J"], "--name must be one line"),
        (["chatgpt", "--name", "a" * 201], "--name must be one line"),
        (["chatgpt", "--redirect-uri", "http://desk.example/done"], "http is allowed to 127.0.0.1"),
        (["chatgpt", "--redirect-uri", "https://desk.example/*"], "wildcard"),
        (["chatgpt", "--redirect-uri", "https://{id}.example/done"], "one {id} in its path"),
        (["chatgpt", "--redirect-uri", ""], "is not a URI"),
        (["chatgpt", "--scope", ""], "--scope '' must be"),
        (["chatgpt", "--scope", 'a"b'], "must be 1 to 100 printable"),
        (["chatgpt", "--public", "--auth-method", "client_secret_basic"], "contradict each other"),
        (["chatgpt", "--jwks-uri", "https://a.example/k", "--auth-method", "none"], "contradict each other"),
        (["chatgpt", "--jwks-uri", "https://a.example/k", "--public"], "contradict each other"),
        (["chatgpt", "--auth-method", "private_key_jwt"], "needs --jwks-uri"),
        (["chatgpt", "--jwks-uri", "http://a.example/k"], "does not begin with https://"),
        (["chatgpt", "--jwks-uri", "https://127.0.0.1/k"], "not a public host name"),
        (["chatgpt-legacy", "--public"], "leave it to client_secret_post"),
        (["gpt-action", "--auth-method", "private_key_jwt"], "client_secret_post or client_secret_basic"),
        (["codex", "--auth-method", "client_secret_post"], "leave it to none"),
    ],
)
def test_what_cannot_be_a_client_gets_one_clear_line_and_is_not_added(words: list[str], said: str, operator: Operator):
    operator.run("db", "upgrade")

    ended = operator.run("clients", "add", *words)
    assert ended.is_one_clear_line, ended
    assert said in ended.err
    assert operator.asks("clients", "list") == []


def test_a_private_origin_that_the_settings_allow_may_hold_the_keys(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PLUGWRIGHT_FETCH_ALLOWED_ORIGINS", "http://127.0.0.1:9000")

    assert stored(operator, operator.add_client(*CUSTOM, "--jwks-uri", "http://127.0.0.1:9000/k")).jwks_uri


def test_the_list_shows_clients_of_every_source_or_of_one(operator: Operator):
    added = operator.add_client("codex")
    registered = Client(
        id="c_2", source="registration", name="Tool\x1b[2J", redirect_uris=(CHATGPT,), created_at=time.time()
    )
    operator.looks(lambda c: clients.add(c, registered))

    assert [row["client_id"] for row in operator.asks("clients", "list")] == [added, "c_2"]
    assert [row["client_id"] for row in operator.asks("clients", "list", "--source", "registration")] == ["c_2"]
    shown = operator.run("clients", "list").out
    assert f"{added}  Codex" in shown
    assert "\x1b" not in shown + operator.run("clients", "show", "c_2").out


def test_everything_about_a_client_but_its_secret_is_shown(operator: Operator):
    client_id = operator.add_client("chatgpt", "--scope", "weather")

    shown = operator.run("clients", "show", client_id)
    assert (shown.code, shown.err) == (0, "")
    assert [text for text in (client_id, CHATGPT, "oauth/{id}", "weather", "never") if text not in shown.out] == []
    as_json = json.loads(operator.run("clients", "show", client_id, "--json").out)
    assert (as_json["client_id"], as_json["scopes"], as_json["is_trusted"]) == (client_id, ["weather"], True)
    assert [name for name in as_json if "secret" in name or "digest" in name] == []


def test_removing_a_client_ends_its_access_and_forgets_what_users_allowed_it(operator: Operator):
    ana, client_id = operator.add_user("ana"), operator.add_client("chatgpt")
    token, _ = operator.give_access(ana, client_id)
    operator.looks(lambda c: consents.remember(c, ana, b"k" * 32, client_id, ["places:read"], time.time()))

    ended = operator.run("clients", "remove", client_id)

    assert (ended.code, ended.err) == (0, "")
    assert operator.looks(lambda c: tokens.access(c, token, time.time())) is None
    assert operator.looks(lambda c: consents.allowed(c, ana, b"k" * 32)) == frozenset()
    assert operator.asks("clients", "list") == []
    assert operator.events()[-1] == ("client_removed", None, client_id)


@pytest.mark.parametrize("command", ["show", "remove"])
@pytest.mark.parametrize("client_id", ["c_0", "", "\udcff", "c" * 3000])
def test_a_client_that_does_not_exist_gets_one_clear_line(command: str, client_id: str, operator: Operator):
    operator.run("db", "upgrade")

    ended = operator.run("clients", command, client_id)
    assert ended.is_one_clear_line
    assert "`plugwright clients list`" in ended.err
