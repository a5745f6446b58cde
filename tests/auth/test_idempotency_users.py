"""Idempotency keys of several users: each has their own, and nobody gets another's answer."""

import time
from functools import partial
from pathlib import Path

from plugwright import Call, OAuth, Plugin
from plugwright.store.sweep import sweep
from plugwright.testing import Client, Reply
from tests.auth.tokens import SignedIn, settings_in, sign_in
from tests.web.plugins import new_plugin

KEY = "order-42"  # easily guessed, which a user who signs in may do
SCOPES = ["notes:write"]


def notes() -> Plugin:
    """A plugin that keeps notes of its users."""
    plugin = new_plugin(auth=OAuth(scopes={"notes:write": "Write notes"}))

    @plugin.operation(effect="write", open_world=False, scopes=SCOPES)
    async def add_note(text: str, *, call: Call) -> str:
        """Add a note."""
        return f"{text}, of {call.subject}"

    @plugin.operation(effect="write", open_world=False, scopes=SCOPES)
    async def burn_note(text: str, *, call: Call) -> str:
        """Burn a note."""
        return f"{text} of {call.subject} is burnt"

    return plugin


async def write(client: Client, user: SignedIn, path: str = "/add-note") -> Reply:
    """Add a note under the same key as everybody."""
    return await client.post(path, json={"text": "a"}, headers=user.headers | {"idempotency-key": KEY})


async def test_one_key_of_two_users_stands_for_two_calls(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    async with Client(notes(), settings) as client:
        ann, bob = [sign_in(settings, SCOPES) for _ in range(2)]
        for user in (ann, bob, ann, bob):
            reply = await write(client, user)
            assert reply.json() == f"a, of {user.account_id}"
    assert reply.headers["idempotency-replayed"] == "true"


async def test_one_key_for_two_operations_stands_for_two_calls(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    async with Client(notes(), settings) as client:
        ann = sign_in(settings, SCOPES)
        added, burnt = [await write(client, ann, path) for path in ("/add-note", "/burn-note")]

    assert (added.json(), burnt.json()) == (f"a, of {ann.account_id}", f"a of {ann.account_id} is burnt")


async def test_who_may_not_call_does_not_get_the_answer(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    async with Client(notes(), settings) as client:
        await write(client, sign_in(settings, SCOPES))
        stranger = SignedIn("u_none", "c_none", "pw_at_none")
        assert (await write(client, stranger)).status == 401
        assert (await write(client, sign_in(settings, []))).status == 403


async def test_keys_that_have_expired_are_swept(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, idempotency_retention=60)
    async with Client(notes(), settings) as client:
        await write(client, sign_in(settings, SCOPES))
        database, now = client.app.database, time.time()
        assert database is not None
        kept, swept = [await database.write(partial(sweep, now=now + after)) for after in (50.0, 61.0)]

    assert (kept, swept) == (0, 1)
