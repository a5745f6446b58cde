"""What does not become a token: attacks C1 to C5, C9 to C11."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

import pytest

from tests.attacks.sites import Attacked, refusal
from tests.auth.server.flows import (
    CALLBACK,
    Browser,
    Client,
    Pkce,
    Reply,
    call,
    get_code,
    get_tokens,
    pkce,
    redeem,
    refresh,
    register,
    tokens_of,
)

INVALID_GRANT = (400, "invalid_grant")
PARALLEL = 50


async def coded(browser: Browser, client: Client, **changes: str | None) -> tuple[str, Pkce]:
    """A code, and what it is redeemed with."""
    pair = pkce()
    return await get_code(browser, client, pair.challenge, **changes), pair


async def is_dead(browser: Browser, client: Client, reply: Reply) -> bool:
    """Whether what a token response gave is good for nothing any more."""
    tokens = tokens_of(reply)
    refreshed = await refresh(browser, client, tokens.refresh)
    return (await call(browser, tokens.access)).status == 401 and refusal(refreshed) == INVALID_GRANT


@pytest.mark.attack("C1")
@pytest.mark.parametrize("change", ["verifier", "redirect", "client", "late"])
async def test_a_code_that_is_used_again_ends_what_it_gave(site: Attacked, browser: Browser, change: str) -> None:
    client = await register(browser)
    other = await register(browser)
    code, pair = await coded(browser, client)
    first = await redeem(browser, client, code, pair.verifier)
    assert (await call(browser, tokens_of(first).access)).status == 200

    match change:
        case "verifier":
            second = await redeem(browser, client, code, pkce().verifier)
        case "redirect":
            second = await redeem(browser, client, code, pair.verifier, redirect_uri="https://evil.example/")
        case "client":
            second = await redeem(browser, other, code, pair.verifier)
        case _:
            site.clock.advance(11)
            second = await redeem(browser, client, code, pair.verifier)

    assert refusal(second) == INVALID_GRANT
    assert await is_dead(browser, client, first)
    assert site.audited("code_reused", client_id=client.id)[0].outcome == "revoked"


@pytest.mark.attack("C2")
async def test_a_code_that_is_redeemed_in_parallel_gives_one_set_of_tokens(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    code, pair = await coded(browser, client)

    replies = await asyncio.gather(*(redeem(browser, client, code, pair.verifier) for _ in range(PARALLEL)))

    assert {reply.status for reply in replies} == {200}
    assert len({tokens_of(reply) for reply in replies}) == 1
    assert refusal(await redeem(browser, client, code, pkce().verifier)) == INVALID_GRANT
    assert await is_dead(browser, client, replies[0])


@pytest.mark.attack("C2")
async def test_differing_redemptions_in_parallel_have_one_winner_at_most(site: Attacked, browser: Browser) -> None:
    client, thief = await register(browser), await register(browser)
    code, pair = await coded(browser, client)
    differing = (
        (client, pair.verifier, CALLBACK),
        (client, pkce().verifier, CALLBACK),
        (thief, pair.verifier, CALLBACK),
        (client, pair.verifier, "https://evil.example/"),
    )

    replies: Sequence[Reply] = await asyncio.gather(
        *(
            redeem(browser, who, code, verifier, redirect_uri=uri)
            for _ in range(PARALLEL // len(differing))
            for who, verifier, uri in differing
        )
    )

    won = [reply for reply in replies if reply.status == 200]
    assert len({tokens_of(reply) for reply in won}) <= 1
    assert all(refusal(reply) == INVALID_GRANT for reply in replies if reply.status != 200)
    assert refusal(await redeem(browser, thief, code, pair.verifier)) == INVALID_GRANT
    assert all([await is_dead(browser, client, reply) for reply in won])


@pytest.mark.attack("C3")
async def test_a_code_is_for_its_client_and_redirect_uri(site: Attacked, browser: Browser) -> None:
    other_uri = "https://client.example/other"
    client = await register(browser, redirect_uris=[CALLBACK, other_uri])
    thief = await register(browser, redirect_uris=[CALLBACK, other_uri])
    code, pair = await coded(browser, client)

    assert refusal(await redeem(browser, thief, code, pair.verifier)) == INVALID_GRANT
    for uri in (other_uri, f"{CALLBACK}/", CALLBACK.upper(), "x"):
        assert refusal(await redeem(browser, client, code, pair.verifier, redirect_uri=uri)) == INVALID_GRANT, uri
    assert (await redeem(browser, client, code, pair.verifier)).status == 200


@pytest.mark.attack("C3")
async def test_a_code_is_whole_and_fresh(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    code, pair = await coded(browser, client)
    body = code.removeprefix("pw_code_")

    for wrong in (
        code[:-1],
        code[1:],
        f"{code}A",
        body,
        code.swapcase(),
        f"pw_at_{body}",
        code + "\x00",
        "é",
        "x" * 9999,
    ):
        assert refusal(await redeem(browser, client, wrong, pair.verifier)) == INVALID_GRANT, wrong
    site.clock.advance(60)
    assert refusal(await redeem(browser, client, code, pair.verifier)) == INVALID_GRANT


@pytest.mark.attack("C4")
async def test_a_code_needs_its_verifier(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    code, pair = await coded(browser, client)

    for wrong in (pkce().verifier, pair.challenge, None, "", "a" * 42, "a" * 129, pair.verifier + "a", "é" * 43):
        assert refusal(await redeem(browser, client, code, wrong)) == INVALID_GRANT, wrong
    assert (await redeem(browser, client, code, pair.verifier)).status == 200


@pytest.mark.attack("C4")
async def test_a_verifier_without_a_challenge_is_a_downgrade(site: Attacked, browser: Browser) -> None:
    legacy = site.add_client(auth_method="client_secret_post", requires_pkce=False)
    code = await get_code(browser, legacy, None)

    assert refusal(await redeem(browser, legacy, code, pkce().verifier)) == INVALID_GRANT
    assert (await redeem(browser, legacy, code, None)).status == 200


@pytest.mark.attack("C5")
async def test_a_stolen_code_is_of_no_use_in_the_flow_of_its_thief(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    stolen, _ = await coded(browser, client)
    async with site.browser() as attacker:
        own, own_pair = await coded(attacker, client)

        assert refusal(await redeem(attacker, client, stolen, own_pair.verifier)) == INVALID_GRANT
        assert (await redeem(attacker, client, own, own_pair.verifier)).status == 200


@pytest.mark.attack("C9")
async def test_a_client_cannot_take_the_id_of_a_user(site: Attacked, browser: Browser) -> None:
    wished = {"client_id": site.account_id, "redirect_uris": [CALLBACK], "sub": site.account_id}
    reply = await browser.post("/oauth/register", None, json=wished)

    assert re.fullmatch("c_[0-9a-f]{32}", reply.json()["client_id"])
    assert re.fullmatch("u_[0-9a-f]{32}", site.account_id)
    assert refusal(
        await browser.post("/oauth/token", {"grant_type": "refresh_token", "client_id": site.account_id})
    ) == (
        401,
        "invalid_client",
    )


@pytest.mark.attack("C10")
async def test_codes_tokens_and_secrets_have_256_random_bits(site: Attacked, browser: Browser) -> None:
    seen: list[str] = []
    for _ in range(8):
        method = "client_secret_post"
        client = await register(browser, token_endpoint_auth_method=method)
        code, pair = await coded(browser, client)
        tokens = tokens_of(await redeem(browser, client, code, pair.verifier))
        assert client.secret is not None
        seen += [code, tokens.access, tokens.refresh, client.secret]

    bodies = [re.fullmatch(r"pw_(?:code|at|rt|cs)_([A-Za-z0-9_-]{43})", text) for text in seen]
    assert all(bodies)
    random = {body[1] for body in bodies if body}
    assert len(random) == len(seen)
    assert max(len({body[place] for body in random}) for place in range(42)) > 18
    assert min(len({body[place] for body in random}) for place in range(42)) > 12


@pytest.mark.attack("C11")
async def test_no_token_response_may_be_kept(site: Attacked, browser: Browser) -> None:
    client = await register(browser, token_endpoint_auth_method="client_secret_post")  # noqa: S106 a method
    code, pair = await coded(browser, client)
    first = await redeem(browser, client, code, pair.verifier)
    token = tokens_of(first).refresh
    replies = [
        first,
        await redeem(browser, client, code, pair.verifier),
        await redeem(browser, client, "x", pair.verifier),
        await redeem(browser, client, code, pair.verifier, client_secret=code),
        await refresh(browser, client, token),
        await browser.post("/oauth/token", {}),
        await browser.post("/oauth/token", None, json={}),
        await browser.post("/oauth/revoke", {"token": "x", **client.proof}),
        await browser.post("/oauth/introspect", {"token": "x", **client.proof}),
        await browser.post("/oauth/register", None, json={"redirect_uris": [CALLBACK]}),
        await browser.post("/oauth/register", None, json={}),
    ]

    for reply in replies:
        assert reply.headers["Cache-Control"] == "no-store", reply.text
        assert reply.headers["Pragma"] == "no-cache", reply.text


@pytest.mark.attack("C11")
async def test_a_token_is_not_in_an_address(site: Attacked, browser: Browser) -> None:
    tokens = await get_tokens(browser, await register(browser))

    assert (await browser.get("/list-notes", params={"access_token": tokens.access})).status in {400, 401}
