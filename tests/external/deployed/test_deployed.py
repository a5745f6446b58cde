"""Three replicas and a worker from generated files, with TLS, on PostgreSQL and Valkey: behind nginx and behind Caddy.

All in one file, so that one process runs all and they are started once.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time

import pytest

from tests.auth.server.flows import Browser, Client, Tokens, get_tokens, refresh, register, tokens_of
from tests.external.deployed.site import Deployed
from tests.external.sign_in import chatgpt

BOTH = "notes:read notes:write"
ROUNDS = 6
REVOKED_WITHIN = 1.0  # seconds
PATIENCE = 10.0
PROGRESS = {"_meta": {"progressToken": 1}, "name": "read_at_gate", "arguments": {}}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": PROGRESS}
ARRIVES_WITHIN = 10.0
MCP_HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}


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


async def arrival(site: Deployed) -> int:
    """The process in which a call has come to the gate."""
    async with asyncio.timeout(ARRIVES_WITHIN):
        while not (found := site.at_gate):  # noqa: ASYNC110 another process comes there
            await asyncio.sleep(0.01)
    return found[0]


async def test_events_pass_before_the_call_ends(proxied: Deployed):
    proxied.close_gate()
    async with proxied.session() as session, session.post("/mcp", json=CALL, headers=MCP_HEADERS) as reply:
        first = await reply.content.readuntil(b"\n\n")
        proxied.open_gate()
        rest = await reply.content.read()

    assert reply.content_type == "text/event-stream"
    assert json.loads(first.split(b"data: ")[1])["params"]["message"] == "begun"
    assert b'"result"' in rest


@pytest.mark.parametrize("coding", ["zstd", "br", "gzip"])
async def test_replies_pass_as_the_plugin_compressed_them(coding: str, proxied: Deployed):
    headers = {"Accept-Encoding": coding}
    async with proxied.session() as session, session.get("/long-text", headers=headers) as reply:
        body = await reply.read()

    assert reply.headers["Content-Encoding"] == coding
    assert len(body) < 500


async def test_nothing_is_compressed_for_who_takes_nothing(proxied: Deployed):
    headers = {"Accept-Encoding": "identity"}
    async with proxied.session() as session, session.get("/long-text", headers=headers) as reply:
        body = await reply.read()

    assert "Content-Encoding" not in reply.headers
    assert len(body) > 8000


async def test_a_caller_cannot_pretend_to_be_at_another_address(proxied: Deployed):
    async with proxied.browser() as browser:
        replies = [
            await browser.get("/rare", headers={"X-Forwarded-For": f"203.0.113.{number}"}) for number in range(7)
        ]

    assert replies[-1].status == 429


async def test_plain_http_is_only_redirected(proxied: Deployed):
    async with proxied.browser() as browser:
        reply = await browser.get(f"http://localhost:{proxied.http_port}/weather?city=Kyoto")

    assert reply.status == 308
    assert reply.location == f"{proxied.url}/weather?city=Kyoto"


async def test_well_known_documents_pass(proxied: Deployed):
    async with proxied.browser() as browser:
        paths = ("oauth-authorization-server", "oauth-protected-resource", "oauth-protected-resource/mcp")
        replies = [await browser.get(f"/.well-known/{path}") for path in paths]

    assert [reply.status for reply in replies] == [200, 200, 200]


async def handshake(site: Deployed, context: ssl.SSLContext) -> ssl.SSLObject:
    """What a TLS handshake comes to."""
    _, writer = await asyncio.open_connection("localhost", site.https_port, ssl=context)
    writer.close()
    return writer.get_extra_info("ssl_object")


async def test_http_2_is_spoken_over_tls_1_3(proxied: Deployed):
    context = proxied.tls
    context.set_alpn_protocols(["h2"])

    agreed = await handshake(proxied, context)

    assert (agreed.selected_alpn_protocol(), agreed.version()) == ("h2", "TLSv1.3")


async def test_tls_older_than_1_2_is_refused_by_the_proxy(proxied: Deployed):
    context = proxied.tls
    context.set_ciphers("ALL:@SECLEVEL=0")  # what this machine would not offer by itself
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1 is deprecated"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        await handshake(proxied, context)


async def test_reading_that_a_dying_replica_interrupts_is_done_by_another(proxied: Deployed):
    proxied.close_gate()
    async with proxied.browser() as browser:
        reading = asyncio.create_task(browser.get("/read-at-gate"))
        dead = await arrival(proxied)
        number = proxied.number_of(dead)
        proxied.kill(number)
        proxied.open_gate()
        reply = await reading
        await asyncio.to_thread(proxied.start, number)

    assert reply.status == 200
    assert reply.json() != dead


async def test_writing_that_a_dying_replica_interrupts_is_never_done_twice(proxied: Deployed):
    proxied.close_gate()
    async with proxied.browser() as browser:
        writing = asyncio.create_task(browser.request("POST", "/write-at-gate", json={}))
        dead = await arrival(proxied)
        number = proxied.number_of(dead)
        proxied.kill(number)
        proxied.open_gate()
        reply = await writing
        await asyncio.to_thread(proxied.start, number)

    assert reply.status == 502
    assert proxied.at_gate == [dead]
