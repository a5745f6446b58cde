"""The whole way of a user: discovery, registration, sign-in, consent, tokens, a call, refresh, revocation."""

from __future__ import annotations

from plugwright import Scope
from tests.auth.server.flows import (
    allow,
    authorization,
    call,
    form_to,
    get_code,
    get_tokens,
    notes_plugin,
    pkce,
    redeem,
    refresh,
    register,
    serving,
    sign_in,
    tokens_of,
)

POST = "client_secret_post"


async def test_a_user_signs_in_allows_and_calls(database_url: str) -> None:
    async with serving(database_url) as site, site.browser() as browser:
        client = await register(browser)
        pair = pkce()

        page = await browser.get("/oauth/authorize", params=authorization(client, pair.challenge))
        assert page.status == 200
        consent = await sign_in(browser, page)
        assert "A client" in consent.text
        assert "See your notes" in consent.text
        back = await allow(browser, consent)
        assert back.status == 303
        assert back.location.startswith("https://client.example/callback?")
        assert back.answer["state"] == "xyz"
        assert back.answer["iss"] == site.url

        tokens = tokens_of(await redeem(browser, client, back.answer["code"], pair.verifier))
        assert tokens.scope == "notes:read"
        reply = await call(browser, tokens.access)
        assert reply.status == 200, reply.text
        assert reply.json() == f"notes of {site.account_id}"


async def test_consent_is_asked_once_for_the_same_thing(database_url: str) -> None:
    async with serving(database_url) as site, site.browser() as browser:
        client = await register(browser)
        await get_tokens(browser, client)

        again = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))

        assert again.status == 303
        assert "code" in again.answer


async def test_a_scope_that_the_user_unselects_is_not_granted(database_url: str) -> None:
    async with serving(database_url) as site, site.browser() as browser:
        client = await register(browser)
        pair = pkce()
        params = authorization(client, pair.challenge, scope="notes:read notes:write")
        consent = await sign_in(browser, await browser.get("/oauth/authorize", params=params))
        selected = [value for name, value in form_to(consent, "/oauth/consent").fields if name == "scope"]
        assert selected == ["notes:read", "notes:write"]
        assert consent.text.count("Makes changes") == 1

        back = await allow(browser, consent, ("scope", "notes:write"))

        tokens = tokens_of(await redeem(browser, client, back.answer["code"], pair.verifier))
        assert tokens.scope == "notes:write"


async def test_denying_tells_the_client(database_url: str) -> None:
    async with serving(database_url) as site, site.browser() as browser:
        client = await register(browser)
        page = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))
        consent = await sign_in(browser, page)

        back = await browser.submit(form_to(consent, "/oauth/consent"), ("decision", "deny"))

        assert back.status == 303
        assert back.answer["error"] == "access_denied"
        assert back.answer["iss"] == site.url


async def test_refresh_and_revocation(database_url: str) -> None:
    async with serving(database_url) as site, site.browser() as browser:
        client = await register(browser)
        first = await get_tokens(browser, client)

        second = tokens_of(await refresh(browser, client, first.refresh))
        assert (await call(browser, second.access)).status == 200
        gone = await browser.post("/oauth/revoke", {"token": second.refresh, **client.proof})
        assert gone.status == 200

        refused = await call(browser, second.access)
        assert refused.status == 401
        assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
        assert (await refresh(browser, client, second.refresh)).json()["error"] == "invalid_grant"


async def test_a_confidential_client_proves_itself(database_url: str) -> None:
    async with serving(database_url) as site, site.browser() as browser:
        client = await register(browser, token_endpoint_auth_method=POST)
        assert client.secret is not None
        pair = pkce()
        code = await get_code(browser, client, pair.challenge)

        wrong = await redeem(browser, client, code, pair.verifier, client_secret=pair.verifier)
        assert (wrong.status, wrong.json()["error"]) == (401, "invalid_client")
        tokens = tokens_of(await redeem(browser, client, code, pair.verifier))

        seen = await browser.post("/oauth/introspect", {"token": tokens.access, **client.proof})
        assert seen.json()["active"] is True
        assert seen.json()["sub"] == site.account_id


async def test_asking_for_headers_only_gives_no_code(sqlite_url: str) -> None:
    async with serving(sqlite_url) as site, site.browser() as browser:
        client = await register(browser)
        await get_tokens(browser, client)

        head = await browser.request("HEAD", "/oauth/authorize", params=authorization(client, pkce().challenge))

        assert head.status == 405


async def test_the_root_with_a_slash_names_the_same_resource(sqlite_url: str) -> None:
    async with serving(sqlite_url) as site, site.browser() as browser:
        client = await register(browser)

        tokens = await get_tokens(browser, client, resource=f"{site.url}/")

        assert (await call(browser, tokens.access)).status == 200


async def test_scopes_are_told_in_chinese_where_the_author_did(sqlite_url: str) -> None:
    plugin = notes_plugin(
        scopes={"notes:read": Scope("See your notes", in_chinese="查看您的笔记"), "notes:write": "Write"}
    )
    async with serving(sqlite_url, plugin) as site, site.browser() as browser:
        client = await register(browser)
        params = authorization(client, pkce().challenge, scope="notes:read notes:write")
        await sign_in(browser, await browser.get("/oauth/authorize", params=params))

        page = await browser.get("/oauth/authorize", params=params, headers={"Accept-Language": "zh-CN"})

        assert "查看您的笔记" in page.text
        assert "See your notes" not in page.text
        assert "Write" in page.text
