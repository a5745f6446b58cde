"""Three replicas behind nginx with TLS, on PostgreSQL and Valkey, from generated files."""

from __future__ import annotations

import asyncio
import time

from tests.auth.server.flows import Browser, Client, Tokens, get_tokens, refresh, register, tokens_of
from tests.external.deployed.site import Deployed
from tests.external.sign_in import chatgpt

BOTH = "notes:read notes:write"
ROUNDS = 6
REVOKED_WITHIN = 1.0  # seconds
PATIENCE = 10.0


async def signed_in(browser: Browser) -> tuple[Client, Tokens]:
    """A client that registered itself, and what a user allowed it."""
    client = await register(browser)
    return client, await get_tokens(browser, client, scope=BOTH)


async def test_sign_in_and_calls_pass_whichever_replica_answers(site: Deployed):
    processes: set[int] = set()
    async with site.browser() as browser:
        refused = await browser.get("/read-note")
        found = await chatgpt.discover(browser, refused.headers["WWW-Authenticate"])
        client = await register(browser)
        tokens = await get_tokens(browser, client, scope=BOTH, resource=found.resource)
        for number in range(ROUNDS):
            bearer = chatgpt.bearer(tokens.access)
            read = await browser.get("/read-note", headers=bearer)
            written = await browser.request("POST", "/write-note", json={"text": f"note {number}"}, headers=bearer)
            told = await chatgpt.call_tool(browser, found, tokens.access, "read_note")
            assert (read.status, written.status, told.status) == (200, 200, 200), (read, written, told)
            answers = [read.json(), written.json(), told.json()["result"]["structuredContent"]]
            assert len({answer["subject"] for answer in answers}) == 1
            processes |= {answer["process"] for answer in answers}
            tokens = tokens_of(await refresh(browser, client, tokens.refresh))

    assert found.resource == f"{site.url}/mcp"
    assert processes == {replica.process.pid for replica in site.replicas}


async def test_a_token_that_is_revoked_at_one_replica_is_refused_by_all_within_a_second(site: Deployed):
    async with site.browser() as browser:
        client, tokens = await signed_in(browser)
        headers = {**chatgpt.bearer(tokens.access), "Host": site.host}
        urls = [f"{replica.server.url}/read-note" for replica in site.replicas]
        before = [(await browser.get(url, headers=headers)).status for url in urls]

        first = site.replicas[0].server.url
        revoked = await browser.post(
            f"{first}/oauth/revoke", {"token": tokens.access, **client.proof}, headers={"Host": site.host}
        )
        since = last_accepted = time.monotonic()
        accepted = urls
        while accepted:
            assert time.monotonic() - since < PATIENCE
            started = time.monotonic()
            accepted = [url for url in urls if (await browser.get(url, headers=headers)).status != 401]
            last_accepted = started if accepted else last_accepted

    assert before == [200, 200, 200]
    assert revoked.status == 200
    assert last_accepted - since < REVOKED_WITHIN


async def test_queued_calls_are_run_by_the_worker_and_told_by_any_replica(site: Deployed):
    async with site.browser() as browser:
        _, tokens = await signed_in(browser)
        bearer = chatgpt.bearer(tokens.access)

        queued = await browser.request("POST", "/copy-notes", json={}, headers=bearer)
        location = queued.headers["Location"]
        asked = [await browser.get(f"{location}?wait=20", headers=bearer) for _ in range(3)]

    assert queued.status == 202
    assert location.startswith(f"{site.url}/jobs/")
    assert [reply.json()["state"] for reply in asked] == ["succeeded"] * 3
    assert site.worker is not None
    assert asked[0].json()["result"]["process"] == site.worker.process.pid


async def test_people_and_clients_do_not_miss_a_replica_that_is_killed(site: Deployed):
    async with site.browser() as browser:
        _, tokens = await signed_in(browser)
        bearer = chatgpt.bearer(tokens.access)
        site.kill(1)

        replies = [await browser.get("/read-note", headers=bearer) for _ in range(ROUNDS)]
        replies += [
            await browser.request("POST", "/write-note", json={"text": "x"}, headers=bearer) for _ in range(ROUNDS)
        ]
        _, anew = await signed_in(browser)
        replies.append(await browser.get("/read-note", headers=chatgpt.bearer(anew.access)))
        living = {replica.process.pid for replica in site.replicas if replica.process.poll() is None}
        await asyncio.to_thread(site.start, 1)

    assert {reply.status for reply in replies} == {200}
    assert {reply.json()["process"] for reply in replies} <= living
