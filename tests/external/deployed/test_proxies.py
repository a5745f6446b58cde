"""nginx and Caddy as generated: what passes through them, and what they do when a replica is gone."""

from __future__ import annotations

import asyncio
import json
import ssl

import pytest

from tests.external.deployed.site import Deployed

PROGRESS = {"_meta": {"progressToken": 1}, "name": "read_at_gate", "arguments": {}}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": PROGRESS}
ARRIVES_WITHIN = 10.0
MCP_HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}


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
