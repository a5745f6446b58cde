"""Whose jobs are whose: over REST, with tokens of real users."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plugwright import Call, MissingScope, OAuth, Plugin, ServiceKey
from plugwright.jobs.operations import job_access
from plugwright.jobs.owners import owner_of, restored, stored
from plugwright.operations.access import Access
from plugwright.principal import Principal
from plugwright.testing import Client
from tests.auth.tokens import SignedIn, settings_in, sign_in
from tests.jobs.reports import cancel, ended, order, settings, system
from tests.web.plugins import new_plugin

READ = ["notes:read"]
OAUTH = OAuth(scopes={"notes:read": "See your notes", "notes:write": "Write notes"})


def notes(**options: Any) -> Plugin:
    """A plugin whose reports need sign-in, unless the options say otherwise."""
    plugin = new_plugin(auth=OAUTH)
    access: dict[str, Any] = {"scopes": READ} | options

    @plugin.operation(effect="read", open_world=False, background=True, **access)
    async def report(topic: str, *, call: Call) -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction] called over REST
        """Report."""
        principal = call.principal
        return {"for": principal and principal.subject, "scopes": sorted(principal.scopes) if principal else []}

    return plugin


async def status(client: Client, name: str, user: SignedIn | None) -> int:
    """What asking for a job is answered with."""
    reply = await client.get(f"/jobs/{name}", headers={} if user is None else user.headers)
    return reply.status


async def test_a_job_runs_as_its_caller_and_is_seen_by_no_other_user(tmp_path: Path):
    own = settings_in(tmp_path)
    async with Client(notes(), own) as client:
        ann, ben = sign_in(own, READ), sign_in(own, READ)
        name = await order(client, **ann.headers)
        told = (await client.get(f"/jobs/{name}?wait=20", headers=ann.headers)).json()

        assert told["result"] == {"for": ann.account_id, "scopes": READ}
        assert [await status(client, name, user) for user in (ann, ben, None)] == [200, 404, 401]
        assert (await client.post(f"/jobs/{name}/cancel", json={}, headers=ben.headers)).status == 404
        assert (await cancel(client, name)).status == 401


async def test_a_client_that_was_allowed_less_than_the_operation_needs_sees_nothing(tmp_path: Path):
    own = settings_in(tmp_path)
    async with Client(notes(scopes=["notes:read", "notes:write"]), own) as client:
        ann = sign_in(own, ["notes:read", "notes:write"])
        name = await order(client, **ann.headers)
        lesser = sign_in(own, READ)
        reply = await client.get(f"/jobs/{name}", headers=lesser.headers)

    assert (reply.status, reply.json()["code"]) == (403, "insufficient_scope")
    assert "notes:write" in reply.headers["www-authenticate"]


async def test_where_operations_need_different_scopes_a_job_needs_those_of_its_own(tmp_path: Path):
    own = settings_in(tmp_path)
    plugin = notes()

    @plugin.operation(effect="write", open_world=False, background=True, scopes=["notes:write"])
    async def rewrite(topic: str) -> str:  # pyright: ignore[reportUnusedFunction] called over REST
        """Rewrite."""
        return topic

    async with Client(plugin, own) as client:
        ann = sign_in(own, ["notes:write"])
        reply = await client.post("/rewrite", json={"topic": "rain"}, headers=ann.headers)
        name = reply.json()["id"]
        assert await status(client, name, ann) == 200
        # The same user over a client that was allowed something else.
        other = Principal(ann.account_id, None, frozenset(READ))
        with pytest.raises(MissingScope):
            await system(client).service.find(name, other)


async def test_where_everybody_may_call_a_job_belongs_to_whoever_knows_its_id(tmp_path: Path):
    own = settings_in(tmp_path)
    async with Client(notes(scopes=[], public=True), own) as client:
        name = await order(client)

        assert (await ended(client, name))["result"] == {"for": None, "scopes": []}
        assert len(name) == len("job_") + 43


async def test_where_sign_in_is_optional_who_signed_in_owns_and_others_need_the_id(tmp_path: Path):
    own = settings_in(tmp_path)
    async with Client(notes(public=True), own) as client:
        ann, ben = sign_in(own, READ), sign_in(own, READ)
        owned = await order(client, **ann.headers)
        free = await order(client)

        assert [await status(client, owned, user) for user in (ann, ben, None)] == [200, 404, 404]
        assert [await status(client, free, user) for user in (ann, None)] == [200, 200]


async def test_of_a_principal_no_token_is_stored(tmp_path: Path):
    own = settings_in(tmp_path, jobs="worker")
    async with Client(notes(), own) as client:
        ann = sign_in(own, READ)
        await order(client, **ann.headers)
    files = [path.read_bytes() for path in tmp_path.iterdir()]  # noqa: ASYNC240 nothing else runs

    assert not any(ann.token.encode() in content for content in files)
    assert any(ann.account_id.encode() in content for content in files)


def test_a_principal_is_restored_as_it_was():
    for principal in (None, Principal("u", "c", frozenset({"b", "a"})), Principal("\ud800\0", None)):
        assert restored(stored(principal)) == principal


def test_a_user_owns_jobs_over_every_client_and_nobody_in_particular_owns_none():
    assert owner_of(Principal("u", "a")) == owner_of(Principal("u", "b", frozenset({"x"})))
    assert owner_of(Principal("u")) != owner_of(Principal("v"))
    assert owner_of(None) is owner_of(Principal("")) is None


def test_who_may_ask_for_jobs_follows_from_who_may_have_one_queued():
    needs_both, needs_one = Access("oauth", False, ("a", "b")), Access("oauth", False, ("b",))
    nobody = Access("oauth", True)

    assert job_access([nobody]) == nobody
    assert job_access([needs_both, needs_one]) == Access("oauth", False, ("b",), learns_caller=True)
    assert job_access([needs_one, nobody]) == Access("oauth", True, ("b",), learns_caller=True)
    assert not job_access([Access("key", False), nobody]).is_open


async def test_with_one_key_for_all_its_holder_owns_the_jobs(sqlite_url: str):
    key = "k" * 40
    plugin = new_plugin(auth=ServiceKey())

    @plugin.operation(effect="read", open_world=False, background=True)
    async def report(topic: str) -> str:  # pyright: ignore[reportUnusedFunction] called over REST
        """Report."""
        return topic

    async with Client(plugin, settings(sqlite_url, service_keys=(key,))) as client:
        header = {"authorization": f"Bearer {key}"}
        name = await order(client, **header)
        assert (await client.get(f"/jobs/{name}", headers=header)).status == 200
        assert (await client.get(f"/jobs/{name}")).status == 401
