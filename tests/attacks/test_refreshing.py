"""What a refresh token does not give: attacks R1 to R4, V1 and V2."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from plugwright.store import accounts, grants
from tests.attacks.sites import Attacked, refusal
from tests.auth.server.flows import (
    Browser,
    Client,
    Tokens,
    allow,
    authorization,
    call,
    get_tokens,
    pkce,
    redeem,
    refresh,
    register,
    sign_in,
    tokens_of,
)

DAY = 86_400.0
INVALID_GRANT = (400, "invalid_grant")
POST = "client_secret_post"


async def is_family_dead(browser: Browser, client: Client, *sets: Tokens) -> bool:
    """Whether no token of a family is good for anything any more."""
    calls = [await call(browser, tokens.access) for tokens in sets]
    refreshed = [await refresh(browser, client, tokens.refresh) for tokens in sets]
    return all(reply.status == 401 for reply in calls) and all(refusal(reply) == INVALID_GRANT for reply in refreshed)


@pytest.mark.attack("R1")
@pytest.mark.parametrize("change", ["late", "scope", "resource", "client"])
async def test_an_old_refresh_token_ends_the_whole_family(site: Attacked, browser: Browser, change: str) -> None:
    client, thief = await register(browser), await register(browser)
    first = await get_tokens(browser, client)
    second = tokens_of(await refresh(browser, client, first.refresh))
    third = tokens_of(await refresh(browser, client, second.refresh))

    match change:
        case "late":
            site.clock.advance(11)
            reply = await refresh(browser, client, first.refresh)
        case "scope":
            reply = await refresh(browser, client, first.refresh, scope="notes:read")
        case "resource":
            reply = await refresh(browser, client, first.refresh, resource=site.resource)
        case _:
            reply = await refresh(browser, thief, first.refresh)

    assert refusal(reply) == INVALID_GRANT
    assert await is_family_dead(browser, client, first, second, third)
    assert site.audited("refresh_token_reused", client_id=client.id)[0].outcome == "revoked"


@pytest.mark.attack("R2")
async def test_refreshes_in_parallel_give_one_set_of_tokens(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    first = await get_tokens(browser, client)

    replies = await asyncio.gather(*(refresh(browser, client, first.refresh) for _ in range(50)))

    given = {tokens_of(reply) for reply in replies}
    assert len(given) == 1
    assert (await call(browser, given.pop().access)).status == 200
    site.clock.advance(11)
    assert refusal(await refresh(browser, client, first.refresh)) == INVALID_GRANT


@pytest.mark.attack("R2")
async def test_differing_refreshes_in_parallel_leave_no_second_family(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    first = await get_tokens(browser, client, scope="notes:read notes:write")
    scopes = (None, "notes:read", "notes:write")

    replies = await asyncio.gather(
        *(refresh(browser, client, first.refresh, scope=scopes[number % 3]) for number in range(48))
    )

    won = {tokens_of(reply) for reply in replies if reply.status == 200}
    assert len(won) == 1, "one winner"
    assert await is_family_dead(browser, client, first, *won)


@pytest.mark.attack("R3")
async def test_a_refresh_token_is_for_its_client_scope_and_resource(site: Attacked, browser: Browser) -> None:
    client, thief = await register(browser), await register(browser)
    confidential = await register(browser, token_endpoint_auth_method=POST)
    tokens = await get_tokens(browser, client)
    code_only = await register(browser, grant_types=["authorization_code"])

    for other in (thief, confidential):
        assert refusal(await refresh(browser, other, tokens.refresh)) == INVALID_GRANT
    assert refusal(await refresh(browser, code_only, tokens.refresh)) == (400, "unauthorized_client")
    for scope in ("notes:read notes:write", "notes:write", "admin"):
        assert refusal(await refresh(browser, client, tokens.refresh, scope=scope)) == (400, "invalid_scope"), scope
    for resource in (site.url, "https://other.example/"):
        reply = await refresh(browser, client, tokens.refresh, resource=resource)
        assert refusal(reply) == (400, "invalid_target"), resource
    for wrong in (tokens.access, tokens.refresh[:-1], "x", "\x00"):
        assert refusal(await refresh(browser, client, wrong)) == INVALID_GRANT
    assert (await refresh(browser, client, tokens.refresh)).status == 200


@pytest.mark.attack("R3")
async def test_a_narrowed_scope_narrows_one_access_token_only(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    tokens = await get_tokens(browser, client, scope="notes:read notes:write")

    narrow = tokens_of(await refresh(browser, client, tokens.refresh, scope="notes:write"))

    assert narrow.scope == "notes:write"
    assert (await call(browser, narrow.access)).status == 403
    assert tokens_of(await refresh(browser, client, narrow.refresh)).scope == "notes:read notes:write"


@pytest.mark.attack("R4")
@pytest.mark.parametrize("end", ["withdrawn", "password", "disabled", "locked_out", "idle", "old"])
async def test_refreshing_ends_with_the_right_to_it(site: Attacked, browser: Browser, end: str) -> None:
    client = await register(browser)
    name = f"user-{client.id}"
    account = site.add_account(name)
    async with site.browser() as theirs:
        tokens = await tokens_as(theirs, client, name)
    now = site.clock()
    ends: dict[str, Callable[[Connection], object]] = {
        "withdrawn": lambda c: grants.withdraw(c, account, client.id, "test", now),
        "password": lambda c: accounts.change_password(c, account, "another hash", now=now),
        "disabled": lambda c: accounts.disable(c, account, now),
        "locked_out": lambda c: accounts.lock_out(c, account, now=now, because="test"),
    }
    if end in ends:
        site.run(ends[end])
        site.clock.advance(1)
    elif end == "idle":
        site.clock.advance(30 * DAY)
    else:
        for _ in range(19):
            site.clock.advance(20 * DAY)
            reply = await refresh(browser, client, tokens.refresh)
            tokens = tokens_of(reply) if reply.status == 200 else tokens

    assert await is_family_dead(browser, client, tokens)


async def tokens_as(browser: Browser, client: Client, name: str) -> Tokens:
    """Tokens of somebody in particular."""
    pair = pkce()
    page = await browser.get("/oauth/authorize", params=authorization(client, pair.challenge))
    back = await allow(browser, await sign_in(browser, page, name))
    return tokens_of(await redeem(browser, client, back.answer["code"], pair.verifier))


@pytest.mark.attack("V1")
async def test_revoking_a_token_of_another_client_does_nothing(site: Attacked, browser: Browser) -> None:
    client, thief = await register(browser), await register(browser, token_endpoint_auth_method=POST)
    tokens = await get_tokens(browser, client)

    replies = [
        await browser.post("/oauth/revoke", {"token": token, **thief.proof, **hint})
        for token in (tokens.access, tokens.refresh, "unknown", "\x00", "pw_at_" + "a" * 43)
        for hint in ({}, {"token_type_hint": "refresh_token"}, {"token_type_hint": "nonsense"})
    ]

    assert {(reply.status, reply.text) for reply in replies} == {(200, "")}
    site.clock.advance(1)
    assert (await call(browser, tokens.access)).status == 200
    assert (await refresh(browser, client, tokens.refresh)).status == 200


@pytest.mark.attack("V1")
async def test_revoking_needs_a_client(site: Attacked, browser: Browser) -> None:
    client = await register(browser, token_endpoint_auth_method=POST)
    tokens = await get_tokens(browser, client)

    for proof in ({}, {"client_id": client.id}, {**client.proof, "client_secret": "x"}, {"client_id": "c_unknown"}):
        reply = await browser.post("/oauth/revoke", {"token": tokens.access, **proof})
        assert refusal(reply) == (401, "invalid_client"), proof
    assert (await call(browser, tokens.access)).status == 200


@pytest.mark.attack("V2")
async def test_introspection_is_for_clients_that_prove_themselves(site: Attacked, browser: Browser) -> None:
    nobody, client = await register(browser), await register(browser, token_endpoint_auth_method=POST)
    tokens = await get_tokens(browser, client)
    bearer = {"Authorization": f"Bearer {tokens.access}"}

    for proof in ({}, nobody.proof, {"client_id": client.id}, {**client.proof, "client_secret": "x"}):
        reply = await browser.post("/oauth/introspect", {"token": tokens.access, **proof})
        assert refusal(reply) == (401, "invalid_client"), proof
        assert "WWW-Authenticate" in reply.headers
    reply = await browser.post("/oauth/introspect", {"token": tokens.access}, headers=bearer)
    assert refusal(reply) == (401, "invalid_client")


@pytest.mark.attack("V2")
async def test_introspection_says_nothing_of_the_tokens_of_others(site: Attacked, browser: Browser) -> None:
    client = await register(browser, token_endpoint_auth_method=POST)
    foreign = await register(browser, token_endpoint_auth_method=POST)
    tokens = await get_tokens(browser, client)
    old = tokens.refresh
    newer = tokens_of(await refresh(browser, client, old))

    for who, token in ((foreign, newer.access), (foreign, newer.refresh), (foreign, "x"), (client, old), (client, "x")):
        reply = await browser.post("/oauth/introspect", {"token": token, **who.proof})
        assert (reply.status, reply.json()) == (200, {"active": False})
    own = await browser.post("/oauth/introspect", {"token": newer.access, **client.proof})
    assert own.json()["active"] is True
