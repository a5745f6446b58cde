"""What a hostile reading of the authorization server found, one test each."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from plugwright.auth.server.authorization_request import Return
from plugwright.auth.server.authorization_response import response_url
from plugwright.auth.server.client_authentication import POST, Credentials
from plugwright.auth.server.forms import Form
from plugwright.auth.server.register import make_client
from plugwright.store import accounts, clients
from plugwright.store.database import Database
from tests.auth.server.flows import (
    CALLBACK,
    Browser,
    Client,
    Reply,
    allow,
    authorization,
    get_code,
    get_tokens,
    pkce,
    register,
    serving,
    sign_in,
)

HOUR = 3600.0


async def ask_to_register(browser: Browser, *, address: str = "192.0.2.1", **metadata: object) -> Reply:
    """A registration request of a public client, through a proxy; whatever comes of it."""
    given = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"}
    headers = {"X-Forwarded-For": address}
    return await browser.request("POST", "/oauth/register", json=given | metadata, headers=headers)


async def test_the_limit_of_registrations_is_one_of_an_hour(database_url: str) -> None:
    async with serving(database_url, registration_limit=3) as site, site.browser() as browser:
        site.clock.at = 500_000 * HOUR + 10
        for _ in range(4):  # hours
            assert [(await ask_to_register(browser)).status for _ in range(3)] == [201] * 3
            site.clock.advance(1000)
            refused = await ask_to_register(browser)
            assert (refused.status, refused.headers["Retry-After"]) == (429, "2591")
            site.clock.advance(HOUR - 1000)


async def test_an_address_that_has_to_wait_takes_no_registration_from_others(database_url: str) -> None:
    limits: dict[str, Any] = {"registration_limit": 1, "registration_total_limit": 2}
    async with serving(database_url, **limits) as site, site.browser() as browser:
        assert [(await ask_to_register(browser)).status for _ in range(4)] == [201, 429, 429, 429]
        assert (await ask_to_register(browser, address="192.0.2.2")).status == 201
        assert (await ask_to_register(browser, address="192.0.2.3")).status == 429


@pytest.mark.parametrize(
    "key",
    [{"kty": ["RSA"]}, {"kty": "RSA"}, {"kty": "RSA", "n": "AQAB", "e": "AQAB"}, {"kty": "oct", "k": "AQAB"}, "RSA"],
    ids=["no type", "no modulus", "too short", "symmetric", "no object"],
)
async def test_a_key_that_verifies_nothing_cannot_be_registered(sqlite_url: str, key: object) -> None:
    async with serving(sqlite_url) as site, site.browser() as browser:
        metadata: dict[str, Any] = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key]}}
        reply = await ask_to_register(browser, **metadata)
    assert (reply.status, reply.json()["error"]) == (400, "invalid_client_metadata")


@pytest.mark.parametrize("uri", ["http://localhost:3080", "not a URL", "https://[", 7])
async def test_a_page_of_the_client_that_cannot_be_shown_does_not_keep_it_away(sqlite_url: str, uri: object) -> None:
    async with serving(sqlite_url) as site, site.browser() as browser:
        reply = await ask_to_register(browser, client_uri=uri)
    assert reply.status == 201
    assert "client_uri" not in reply.json()


@pytest.mark.parametrize(
    ("redirect_uri", "method", "is_asked_again"),
    [
        ("http://127.0.0.1:7000/callback", "none", True),
        ("com.example.app:/callback", "none", True),
        ("http://127.0.0.1:7000/callback", "client_secret_basic", False),
        (CALLBACK, "none", False),
    ],
)
async def test_what_a_program_nearby_could_pose_as_is_asked_for_every_time(
    sqlite_url: str, redirect_uri: str, method: str, is_asked_again: bool
) -> None:
    async with serving(sqlite_url) as site, site.browser() as browser:
        client = await register(browser, redirect_uris=[redirect_uri], token_endpoint_auth_method=method)
        await get_code(browser, client, pkce().challenge)
        again = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))
    assert again.status == (200 if is_asked_again else 303)


async def test_a_session_that_ends_while_its_consent_is_answered_allows_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(database_url) as site, site.browser() as browser:
        client = await register(browser)
        page = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))
        page = await sign_in(browser, page)
        write = Database.write

        async def write_later(self: Database, work: Any) -> Any:
            await write(self, lambda c: accounts.lock_out(c, site.account_id, now=site.clock(), because="test"))
            return await write(self, work)

        monkeypatch.setattr(Database, "write", write_later)
        reply = await allow(browser, page)
    assert (reply.status, "Location" in reply.headers) == (400, False)


async def test_a_redirect_uri_that_is_given_up_while_a_consent_is_asked_gets_no_code(database_url: str) -> None:
    async with serving(database_url) as site, site.browser() as browser:
        made = (await ask_to_register(browser)).json()
        client = Client(made["client_id"])
        page = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))
        page = await sign_in(browser, page)
        changed = await browser.request(
            "PUT",
            f"/oauth/register/{client.id}",
            json={**made, "redirect_uris": ["https://client.example/new"]},
            headers={"Authorization": f"Bearer {made['registration_access_token']}"},
        )
        reply = await allow(browser, page)
    assert changed.status == 200
    assert (reply.status, "Location" in reply.headers) == (400, False)


def test_what_holds_a_secret_does_not_show_it() -> None:
    metadata = {"name": "A client", "auth_method": POST}
    for value in (
        Credentials(POST, "c_1", "secret value"),
        Form({"client_secret": "secret value"}, {"client_secret": ("secret value",)}),
    ):
        assert "secret value" not in repr(value)
    made = make_client(metadata, "c_1", 0.0)
    assert made.secret is not None
    assert made.secret not in repr(made)
    assert made.registration_token not in repr(made)


async def serve_document(request: web.Request) -> web.Response:
    """A client metadata document at whatever path is asked for."""
    content = {"client_id": str(request.url), "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"}
    return web.json_response(content)


async def test_a_client_document_is_stored_only_when_a_user_allowed_its_client_something(database_url: str) -> None:
    documents = web.Application()
    documents.router.add_get("/{path:.*}", serve_document)
    async with TestServer(documents) as server:
        origin = str(server.make_url("")).rstrip("/")
        async with serving(database_url, fetch_allowed_origins=(origin,)) as site, site.browser() as browser:
            database = site.app.database
            assert database is not None
            for number in range(3):
                asked = authorization(Client(f"{origin}/{number}"), pkce().challenge)
                assert (await browser.get("/oauth/authorize", params=asked)).status == 200
            assert await database.read(clients.listed) == []
            await get_tokens(browser, Client(f"{origin}/1"))
            assert [client.id for client in await database.read(clients.listed)] == [f"{origin}/1"]


@pytest.mark.parametrize(
    "uri", ["com.example.app:///callback", "com.example.app://", "com.example.app:/cb", "https://a.example?x", CALLBACK]
)
def test_an_answer_changes_nothing_of_a_redirect_uri_but_its_query(uri: str) -> None:
    url = response_url("https://plugin.example", Return(uri, None), {"code": "c"})
    assert url == f"{uri}{'&' if '?' in uri else '?'}code=c&iss=https%3A%2F%2Fplugin.example"


async def test_a_narrower_request_does_not_make_the_plugin_forget_what_was_allowed(sqlite_url: str) -> None:
    async with serving(sqlite_url) as site, site.browser() as browser:
        client = await register(browser)
        await get_code(browser, client, pkce().challenge, scope="notes:read notes:write")
        for scope in ("notes:read", "notes:read notes:write"):
            asked = authorization(client, pkce().challenge, scope=scope)
            assert (await browser.get("/oauth/authorize", params=asked)).status == 303, scope
