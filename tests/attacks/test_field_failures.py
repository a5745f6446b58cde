"""Failures of other servers seen in the field, and the negative modules of the OpenID suite, as tests of ours."""

from __future__ import annotations

from typing import Any

import pytest

from plugwright import Plugin
from tests.attacks.sites import Attacked, attacked, is_page_only, refusal, told
from tests.auth.server.flows import (
    CALLBACK,
    Browser,
    Client,
    authorization,
    call,
    form_to,
    get_code,
    get_tokens,
    pkce,
    redeem,
    refresh,
    register,
    sign_in,
    tokens_of,
)
from tests.operations.plugins import LOGO

INVALID_GRANT = (400, "invalid_grant")
POST = "client_secret_post"


async def test_a_client_that_posts_a_code_twice_gets_the_same_tokens_twice(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    pair = pkce()
    code = await get_code(browser, client, pair.challenge)
    first = tokens_of(await redeem(browser, client, code, pair.verifier))

    site.clock.advance(10)
    second = tokens_of(await redeem(browser, client, code, pair.verifier))

    assert first == second
    assert (await call(browser, first.access)).status == 200


async def test_a_lost_reply_to_a_refresh_does_not_sign_the_user_out(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    tokens = await get_tokens(browser, client)
    lost = tokens_of(await refresh(browser, client, tokens.refresh))

    site.clock.advance(9)
    again = tokens_of(await refresh(browser, client, tokens.refresh))

    assert again == lost
    assert (await refresh(browser, client, again.refresh)).status == 200


async def test_an_open_plugin_has_nothing_that_looks_like_sign_in(database_url: str) -> None:
    plugin = Plugin(
        name="open",
        title="Open",
        summary="Open.",
        instructions="Use it.",
        version="1.0.0",
        contact_email="a@example.com",
        legal_url="https://example.com/legal",
        logo=LOGO,
    )

    @plugin.operation(effect="read", open_world=False)
    async def hello() -> str:
        """Say hello."""
        return "hello"

    names = ("oauth-authorization-server", "openid-configuration", "oauth-protected-resource", "jwks.json")
    paths = [f"/.well-known/{name}{suffix}" for name in names for suffix in ("", "/mcp", "/")]
    with attacked(database_url, plugin) as site:
        async with site.browser() as browser:
            for path in (*paths, "/oauth/authorize", "/authorize", "/oauth/token", "/register", "/oauth/register"):
                assert (await browser.get(path)).status == 404, path
                assert (await browser.post(path, None, json={})).status == 404, path
            assert (await browser.get("/hello")).status == 200


async def test_paths_of_discovery_that_do_not_exist_are_not_found(site: Attacked, browser: Browser) -> None:
    for path in (
        *("/.well-known/oauth-authorization-server/mcp", "/mcp/.well-known/oauth-authorization-server"),
        *("/.well-known/oauth-protected-resource/other", "/.well-known/jwks.json", "/authorize", "/token", "/register"),
    ):
        assert (await browser.get(path)).status == 404, path


async def test_metadata_behind_a_proxy_speak_of_https_and_of_the_mount_path(
    database_url: str, cheap_hashing: None
) -> None:
    public_url = "https://plugin.example/tools/notes"
    with attacked(database_url, public_url=public_url) as site:
        browser = site.secure_browser()
        for path in ("oauth-authorization-server/tools/notes", "oauth-protected-resource/tools/notes/mcp"):
            reply = await browser.get(f"/.well-known/{path}")
            assert reply.status == 200, path
            assert "http://" not in reply.text
            urls = [value for value in reply.json().values() if str(value).startswith("https://")]
            assert all(url.startswith(public_url) for url in urls)
        metadata = (await browser.get("/.well-known/oauth-authorization-server/tools/notes")).json()
        assert metadata["issuer"] == public_url
        refused = await browser.get("/list-notes")
        assert 'resource_metadata="https://plugin.example/' in refused.headers["WWW-Authenticate"]


async def test_everything_survives_a_restart(database_url: str, cheap_hashing: None) -> None:
    with attacked(database_url) as before:
        async with before.browser() as browser:
            client = await register(browser)
            tokens = await get_tokens(browser, client)
            pair = pkce()
            code = await get_code(browser, client, pair.challenge)
    with attacked(database_url, clock=before.clock, public_url=before.url) as after:
        async with after.browser() as browser:
            assert (await call(browser, tokens.access)).status == 200
            assert (await refresh(browser, client, tokens.refresh)).status == 200
            assert (await redeem(browser, client, code, pair.verifier)).status == 200
            page = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))
            again = await sign_in(browser, page)
            assert again.status == 303, "the consent was remembered"


async def test_a_page_that_was_open_during_a_restart_can_still_be_sent(database_url: str, cheap_hashing: None) -> None:
    with attacked(database_url) as before:
        async with before.browser() as browser:
            client = await register(browser)
            page = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))
            cookies = browser.cookies
    with attacked(database_url, clock=before.clock, public_url=before.url) as after:
        async with after.browser() as browser:
            header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
            fields = (("username", "ada"), ("password", "correct horse battery"))
            reply = await browser.submit(form_to(page, "/oauth/sign-in"), *fields, headers=header)
            assert reply.status == 303


async def test_a_signed_in_browser_is_asked_for_every_new_client(site: Attacked, browser: Browser) -> None:
    """The confused deputy: who is signed in has not agreed to whoever comes next."""
    await get_tokens(browser, await register(browser, client_name="Known"))
    mallory = await register(browser, client_name="Known", redirect_uris=["https://evil.example/callback"])

    for changes in ({}, {"prompt": "none"}, {"scope": None}, {"resource": site.url}):
        reply = await browser.get("/oauth/authorize", params=authorization(mallory, pkce().challenge, **changes))
        assert "Location" not in reply.headers, changes


async def test_errors_of_the_token_endpoint_have_the_names_of_the_rfc(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    code_only = await register(browser, grant_types=["authorization_code"])
    pair = pkce()
    code = await get_code(browser, client, pair.challenge)

    wrong_redirect = await redeem(browser, client, code, pair.verifier, redirect_uri="https://client.example/")
    assert refusal(wrong_redirect) == INVALID_GRANT
    assert refusal(await refresh(browser, code_only, "x")) == (400, "unauthorized_client")
    metadata = (await browser.get("/.well-known/oauth-authorization-server")).json()
    assert "none" in metadata["token_endpoint_auth_methods_supported"]


# The negative modules of the OpenID suite, each by its name


@pytest.mark.parametrize("seconds", [1, 30])
async def test_authorization_code_reuse(site: Attacked, browser: Browser, seconds: float) -> None:
    client, pair = await register(browser), pkce()
    code = await get_code(browser, client, pair.challenge)
    first = tokens_of(await redeem(browser, client, code, pair.verifier))
    site.clock.advance(seconds)

    second = await redeem(browser, client, code, pair.verifier if seconds == 30 else pkce().verifier)

    assert refusal(second) == INVALID_GRANT
    assert (await call(browser, first.access)).status == 401


async def test_attempt_to_use_expired_authorization_code(site: Attacked, browser: Browser) -> None:
    client, pair = await register(browser), pkce()
    code = await get_code(browser, client, pair.challenge)
    site.clock.advance(61)

    assert refusal(await redeem(browser, client, code, pair.verifier)) == INVALID_GRANT


async def test_ensure_authorization_code_is_bound_to_client(site: Attacked, browser: Browser) -> None:
    pair = pkce()
    one, two = [await register(browser, token_endpoint_auth_method=POST) for _ in range(2)]
    code = await get_code(browser, one, pair.challenge)

    assert refusal(await redeem(browser, two, code, pair.verifier)) == INVALID_GRANT


async def test_ensure_client_id_in_token_endpoint(site: Attacked, browser: Browser) -> None:
    client, pair = await register(browser), pkce()
    code = await get_code(browser, client, pair.challenge)

    assert refusal(await redeem(browser, client, code, pair.verifier, client_id=None)) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("registered", "asked"),
    [
        ([CALLBACK], "https://client.example/unregistered"),
        ([CALLBACK], f"{CALLBACK}?added=1"),
        ([f"{CALLBACK}?a=1"], f"{CALLBACK}?a=2"),
        ([f"{CALLBACK}?a=1"], CALLBACK),
        ([f"{CALLBACK}?a=1&b=2"], f"{CALLBACK}?b=2&a=1"),
    ],
    ids=["EnsureRegisteredRedirectUri", "QueryAdded", "QueryMismatch", "QueryRemoved", "QueryReordered"],
)
async def test_redirect_uri_modules(site: Attacked, browser: Browser, registered: list[str], asked: str) -> None:
    client = await register(browser, redirect_uris=registered)
    params = authorization(client, pkce().challenge, redirect_uri=asked)

    assert is_page_only(await browser.get("/oauth/authorize", params=params))


async def test_redirect_uri_reg_frag(site: Attacked, browser: Browser) -> None:
    reply = await browser.post("/oauth/register", None, json={"redirect_uris": [f"{CALLBACK}#fragment"]})

    assert refusal(reply) == (400, "invalid_redirect_uri")


async def test_response_type_missing(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    params = authorization(client, pkce().challenge, response_type=None)

    reply = await browser.get("/oauth/authorize", params=params)

    assert (reply.status, told(reply)["error"]) == (400, "invalid_request")


async def test_ensure_authorization_request_with_long_state(site: Attacked, browser: Browser) -> None:
    state = "s" * 1000
    client: Client = await register(browser)
    given: dict[str, Any] = {"state": state}

    page = await sign_in(
        browser, await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge, **given))
    )
    back = await browser.submit(form_to(page, "/oauth/consent"), ("decision", "allow"))

    assert back.answer["state"] == state
