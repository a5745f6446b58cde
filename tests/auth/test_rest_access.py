"""Who may call an operation over REST, on the wire."""

import time
from pathlib import Path
from typing import Any

import pytest

from plugwright import Call, ServiceKey, UserKey
from plugwright.store import user_keys
from plugwright.store.database import Database
from plugwright.testing import Client, Reply
from plugwright.web.asgi import Message
from tests.auth.places import mixed, protected
from tests.auth.tokens import METADATA, SignedIn, revoke, settings_in, sign_in
from tests.web.plugins import new_plugin

READ = ["places:read"]
BOTH = ["places:read", "places:write"]


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self._start = time.time()
        self.ahead = 0.0

    def __call__(self) -> float:
        return self._start + self.ahead


def refused(reply: Reply, status: int, code: str) -> str:
    """The challenge of a refusal, whose other parts are checked."""
    assert (reply.status, reply.json()["code"]) == (status, code)
    assert reply.headers["cache-control"] == "no-store"
    assert reply.json()["request_id"] == reply.headers["x-request-id"]
    return reply.headers["www-authenticate"]


async def test_without_a_token_a_protected_operation_names_metadata_and_scope_but_no_error(tmp_path: Path):
    async with Client(mixed(), settings_in(tmp_path)) as client:
        reply = await client.get("/list-places")

    assert refused(reply, 401, "not_authenticated") == f'Bearer {METADATA}, scope="places:read"'


@pytest.mark.parametrize("token", ["x", "pw_at_" + "a" * 43, "pw_rt_" + "a" * 43])
async def test_an_unknown_token_is_invalid(token: str, tmp_path: Path):
    async with Client(mixed(), settings_in(tmp_path)) as client:
        reply = await client.get("/list-places", headers={"authorization": f"Bearer {token}"})

    challenge = refused(reply, 401, "invalid_token")
    assert challenge.startswith('Bearer error="invalid_token", error_description="')
    assert challenge.endswith(f'{METADATA}, scope="places:read"')
    assert token not in reply.text or token == "x"  # noqa: S105 a sample


async def test_too_little_scope_is_told_with_everything_that_the_operation_needs(tmp_path: Path):
    settings = settings_in(tmp_path)
    async with Client(mixed(), settings) as client:
        user = sign_in(settings, READ)
        reply = await client.post("/save-place", json={"place": "Oslo"}, headers=user.headers)

    challenge = refused(reply, 403, "insufficient_scope")
    assert challenge.startswith('Bearer error="insufficient_scope", scope="places:read places:write", ' + METADATA)


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer a, Bearer b", ""])
async def test_malformed_credentials_are_a_bad_request(header: str, tmp_path: Path):
    async with Client(mixed(), settings_in(tmp_path)) as client:
        reply = await client.get("/list-places", headers={"authorization": header})

    assert refused(reply, 400, "invalid_request").startswith('Bearer error="invalid_request"')


@pytest.mark.parametrize("path", ["/list-places", "/mcp"])
async def test_a_valid_token_beside_another_is_a_bad_request(path: str, tmp_path: Path):
    settings = settings_in(tmp_path)
    async with Client(protected(), settings) as client:
        token = sign_in(settings, BOTH).token.encode()
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"{}", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        twice = [(b"authorization", b"Bearer x"), (b"authorization", b"Bearer " + token)]
        scope: dict[str, Any] = {
            "type": "http",
            "method": "POST" if path == "/mcp" else "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"host", b"127.0.0.1:8000"), (b"content-type", b"application/json"), *twice],
        }
        await client.app(scope, receive, send)

    assert sent[0]["status"] == 400
    assert dict(sent[0]["headers"])[b"www-authenticate"].startswith(b'Bearer error="invalid_request"')


async def test_a_token_is_never_taken_from_the_query_or_the_body(tmp_path: Path):
    settings = settings_in(tmp_path)
    async with Client(mixed(), settings) as client:
        user = sign_in(settings, BOTH)
        query = f"?access_token={user.token}"
        assert (await client.get(f"/list-places{query}")).status == 401
        assert (await client.get(f"/list-places{query}", headers=user.headers)).status == 400
        body = {"place": "Oslo", "access_token": user.token}
        assert (await client.post("/save-place", json=body)).status == 401
        assert (await client.post("/save-place", json=body, headers=user.headers)).status == 400


async def test_the_handler_learns_who_calls(tmp_path: Path):
    settings = settings_in(tmp_path)
    async with Client(mixed(), settings) as client:
        user = sign_in(settings, READ)
        replies = [await client.get("/list-places", headers=user.headers) for _ in range(3)]

    assert [reply.json() for reply in replies] == [{"subject": user.account_id, "client": user.client_id}] * 3


async def test_an_open_operation_never_looks_at_a_token(tmp_path: Path):
    async with Client(mixed(), settings_in(tmp_path)) as client:
        reply = await client.get("/weather?city=Oslo", headers={"authorization": "Bearer nonsense"})

    assert reply.json() == "sunny in Oslo for None"


async def test_where_sign_in_is_optional_the_caller_is_known_only_with_a_token_that_has_the_scopes(tmp_path: Path):
    settings = settings_in(tmp_path)
    async with Client(mixed(), settings) as client:
        user, other = sign_in(settings, READ), sign_in(settings, ["places:write"])
        assert (await client.get("/greet")).json() == {"subject": None}
        assert (await client.get("/greet", headers=user.headers)).json() == {"subject": user.account_id}
        assert (await client.get("/greet", headers=other.headers)).json() == {"subject": None}
        assert (await client.get("/greet", headers={"authorization": "Bearer x"})).status == 401


async def test_a_handler_that_needs_the_caller_after_all_gets_the_challenge_sent(tmp_path: Path):
    async with Client(mixed(), settings_in(tmp_path)) as client:
        reply = await client.get("/insist")

    assert refused(reply, 401, "not_authenticated") == f'Bearer {METADATA}, scope="places:read"'


@pytest.mark.parametrize(
    ("made", "status"),
    [
        ({"resource": "http://127.0.0.1:8000"}, 200),
        ({"resource": "https://other.example/mcp"}, 401),
        ({"resource": "http://127.0.0.1:8000/mcp/"}, 401),
        ({"expires_in": -1}, 401),
    ],
    ids=str,
)
async def test_a_token_counts_for_this_resource_and_until_its_end(made: dict[str, Any], status: int, tmp_path: Path):
    settings = settings_in(tmp_path)
    async with Client(mixed(), settings) as client:
        user = sign_in(settings, READ, **made)
        assert (await client.get("/list-places", headers=user.headers)).status == status


async def test_a_token_revoked_by_another_process_is_refused_within_a_second(tmp_path: Path):
    settings, plugin = settings_in(tmp_path), mixed()
    clock = Clock()
    client = Client(plugin, settings)
    client.app = plugin.asgi(settings, now=clock)
    async with client:
        user: SignedIn = sign_in(settings, READ)
        assert (await client.get("/list-places", headers=user.headers)).status == 200
        revoke(settings, user)
        clock.ahead = 0.79
        early = await client.get("/list-places", headers=user.headers)
        clock.ahead = 1.0
        late = await client.get("/list-places", headers=user.headers)
        assert refused(late, 401, "invalid_token")

    assert early.status == 200


async def test_when_the_database_is_away_the_answer_is_503_and_the_token_is_not_blamed(tmp_path: Path):
    settings = settings_in(tmp_path, database_url="postgresql://nobody@127.0.0.1:1/none")
    client = Client(mixed(), settings)
    reply = await client.get("/list-places", headers={"authorization": "Bearer pw_at_" + "a" * 43})

    assert reply.status == 503
    assert "retry-after" in reply.headers
    assert "www-authenticate" not in reply.headers


async def test_a_browser_may_read_the_challenge(tmp_path: Path):
    async with Client(mixed(), settings_in(tmp_path)) as client:
        reply = await client.get("/list-places", headers={"origin": "https://chatgpt.com"})
        preflight = await client.request(
            "OPTIONS",
            "/list-places",
            headers={
                "origin": "https://chatgpt.com",
                "access-control-request-method": "GET",
                "access-control-request-headers": "authorization",
            },
        )

    assert reply.status == 401
    assert "WWW-Authenticate" in reply.headers["access-control-expose-headers"]
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-headers"] == "authorization"


async def whoami(*, call: Call) -> str:
    """Tell who calls."""
    return call.subject


async def test_a_service_key_lets_everybody_in_who_holds_one_of_them(tmp_path: Path):
    plugin = new_plugin(auth=ServiceKey())
    plugin.operation(effect="read", open_world=False)(whoami)
    async with Client(plugin, settings_in(tmp_path, service_keys="first-key,second-key")) as client:
        assert refused(await client.get("/whoami"), 401, "not_authenticated") == 'Bearer realm="sample"'
        for key in ("first-key", "second-key"):
            reply = await client.get("/whoami", headers={"authorization": f"Bearer {key}"})
            assert reply.json() == "service"
        wrong = await client.get("/whoami", headers={"authorization": "Bearer third-key"})

    assert refused(wrong, 401, "invalid_token").startswith('Bearer error="invalid_token"')


async def test_a_user_key_stands_for_its_user_until_it_is_revoked(tmp_path: Path):
    plugin = new_plugin(auth=UserKey(scopes={"a": "A"}))
    plugin.operation(effect="read", open_world=False)(whoami)
    plugin.operation(effect="read", open_world=False, scopes=["a"], name="more")(whoami)
    settings = settings_in(tmp_path)
    async with Client(plugin, settings) as client:
        database = Database(settings.database_url.get_secret_value())
        key, secret = await database.write(lambda c: user_keys.issue(c, subject="ann", label="", scopes=[], now=0.0))
        headers = {"authorization": f"Bearer {secret}"}
        assert (await client.get("/whoami", headers=headers)).json() == "ann"
        narrow = refused(await client.get("/more", headers=headers), 403, "insufficient_scope")
        await database.write(lambda c: user_keys.revoke(c, key.id, 1.0))
        client.app.auth.resource_server.forget()  # pyright: ignore[reportOptionalMemberAccess] it has sign-in
        assert (await client.get("/whoami", headers=headers)).status == 401
        database.close()

    assert 'scope="a"' in narrow
    assert "resource_metadata" not in narrow
