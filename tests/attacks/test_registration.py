"""What a client may not register: attacks G1 to G3."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from plugwright.store import clients, tables
from plugwright.store.secret_values import digest
from plugwright.store.sweep import sweep
from tests.attacks.sites import Attacked, attacked, refusal
from tests.auth.outside import ec_key, public, rsa_key
from tests.auth.server.flows import CALLBACK, Browser, Reply, get_tokens, notes_plugin, refresh, register

DAY = 86_400.0
REGISTER = "/oauth/register"
METADATA: dict[str, Any] = {"client_name": "A client", "redirect_uris": [CALLBACK]}


async def registering(browser: Browser, address: str = "127.0.0.1", /, **changes: Any) -> Reply:
    """A registration request."""
    return await browser.request("POST", REGISTER, json=METADATA | changes, headers={"X-Forwarded-For": address})


@pytest.mark.attack("G1")
async def test_registrations_are_limited_by_address_and_in_all(database_url: str, cheap_hashing: None) -> None:
    with attacked(database_url, registration_limit=3, registration_total_limit=6) as site:
        async with site.browser() as browser:
            one = [(await registering(browser, "198.51.100.1")).status for _ in range(5)]
            many = [(await registering(browser, f"203.0.113.{number}")).status for number in range(6)]
            refused = await registering(browser, "192.0.2.1")

            assert one == [201, 201, 201, 429, 429]
            assert many == [201, 201, 201, 429, 429, 429]
            assert refusal(refused) == (429, "temporarily_unavailable")
            assert 0 < int(refused.headers["Retry-After"]) <= 3601
            site.clock.advance(2 * 3600)
            assert (await registering(browser, "198.51.100.1")).status == 201


@pytest.mark.attack("G1")
async def test_a_registration_is_small(site: Attacked, browser: Browser) -> None:
    huge = await browser.post(REGISTER, b'{"a": "' + b"a" * 1_000_000, headers={"Content-Type": "application/json"})
    assert huge.status == 413
    many = [f"https://client.example/{number}" for number in range(1000)]
    for uris in (many, [f"{CALLBACK}?{'a' * 3000}"]):
        assert refusal(await registering(browser, redirect_uris=uris)) == (400, "invalid_redirect_uri")
    keys = {"keys": public(ec_key())["keys"] * 101}
    for change in ({"client_name": "a" * 201}, {"scope": "a" * 3000}, {"jwks": keys}):
        assert refusal(await registering(browser, **change)) == (400, "invalid_client_metadata")
    for body in ("", "x", "[]", "null", '"a"', "[" * 20_000, '{"a":' * 5_000, "\xff"):
        reply = await browser.post(REGISTER, body.encode("latin-1"), headers={"Content-Type": "application/json"})
        assert refusal(reply) == (400, "invalid_client_metadata"), body[:10]


@pytest.mark.attack("G1")
async def test_a_client_that_nobody_used_is_forgotten(site: Attacked, browser: Browser) -> None:
    used, unused = await register(browser), await register(browser)
    kept = site.add_client()
    tokens = await get_tokens(browser, used)
    refreshed = await refresh(browser, used, tokens.refresh)
    assert refreshed.status == 200

    site.clock.advance(31 * DAY)
    while site.run(lambda c: sweep(c, site.clock())):
        pass

    found = [site.run(partial(clients.find, client_id=client.id)) for client in (used, unused, kept)]
    assert [client is not None for client in found] == [True, False, True]


@pytest.mark.attack("G1")
async def test_registration_can_be_closed(database_url: str, cheap_hashing: None) -> None:
    with attacked(database_url, notes_plugin(registration=False)) as site:
        async with site.browser() as browser:
            assert (await registering(browser)).status == 404
            metadata = (await browser.get("/.well-known/oauth-authorization-server")).json()
            assert "registration_endpoint" not in metadata


@pytest.mark.attack("G2")
async def test_nothing_beyond_the_policy_can_be_registered(site: Attacked, browser: Browser) -> None:
    private: Any = {"keys": [ec_key().as_dict(private=True)]}
    both = {"jwks": public(ec_key()), "jwks_uri": "https://client.example/jwks"}
    changes: list[dict[str, Any]] = [
        *({"grant_types": [kind]} for kind in ("implicit", "password", "client_credentials", "x", 5, None)),
        *({"response_types": kinds} for kinds in (["token"], ["code", "token"], ["code token"], "code")),
        *({"token_endpoint_auth_method": how} for how in ("client_secret_jwt", "tls_client_auth", "x", 5, ["none"])),
        *({"scope": scope} for scope in ("admin", "notes:read admin", "openid", 5, "a\nb")),
        *({"jwks": {"keys": keys}} for keys in ([{"kty": "oct", "k": "AAAA"}], ["x"], "x", None)),
        *({"jwks": private}, {"jwks": {"keys": []}}, {"jwks": {}}, {"jwks": "x"}, {"jwks": []}),
        {"jwks": {"keys": [rsa_key().as_dict(private=True)]}},
        {**both, "token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        *({"token_endpoint_auth_signing_alg": name} for name in ("none", "HS256", 5)),
        *({"software_statement": text} for text in ("eyJhbGciOiJub25lIn0.e30.", "x")),
        *(
            {"jwks_uri": uri}
            for uri in ("http://client.example/jwks", "file:///etc/passwd", "https://u@client.example/")
        ),
    ]

    for change in changes:
        assert refusal(await registering(browser, **change)) == (400, "invalid_client_metadata"), change


@pytest.mark.attack("G2")
async def test_a_client_cannot_make_itself_trusted(site: Attacked, browser: Browser) -> None:
    wished: dict[str, Any] = {
        "is_trusted": True,
        "requires_pkce": False,
        "takes_json": True,
        "source": "operator",
        "client_uri": "javascript:alert(1)",
        "redirect_templates": ["https://evil.example/{id}"],
        "onward_origins": ["https://evil.example"],
    }
    made = (await registering(browser, **wished)).json()

    stored = site.run(lambda c: clients.find(c, made["client_id"]))

    assert stored is not None
    assert stored.uri is None, "no address that a person could be sent to"
    assert (stored.is_trusted, stored.requires_pkce, stored.takes_json) == (False, True, False)
    assert stored.source == "registration"
    assert (stored.redirect_templates, stored.onward_origins) == ((), ())


def bearing(token: str) -> dict[str, str]:
    """The header with a registration token."""
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.attack("G3")
async def test_a_registration_token_is_for_its_own_client(site: Attacked, browser: Browser) -> None:
    mine, theirs = (await registering(browser)).json(), (await registering(browser)).json()
    operators = site.add_client()
    token = mine["registration_access_token"]
    headers = [
        *(bearing(token), {}, bearing("x"), bearing(""), {"Authorization": f"Basic {token}"}),
        {"Authorization": theirs["registration_access_token"]},
    ]

    for client_id in (theirs["client_id"], operators.id, "c_unknown", "%00", mine["client_id"] + "%00"):
        for method in ("GET", "PUT", "DELETE"):
            for header in headers:
                reply = await browser.request(method, f"{REGISTER}/{client_id}", json=METADATA, headers=header)
                assert refusal(reply) == (401, "invalid_token"), (method, client_id, header)
                assert reply.headers["WWW-Authenticate"].startswith("Bearer")
    path = f"{REGISTER}/{mine['client_id']}"
    assert (await browser.get(path, params={"access_token": token})).status == 401
    tokens = await get_tokens(browser, await register(browser))
    assert (await browser.get(path, headers=bearing(tokens.access))).status == 401
    assert (await browser.get(path, headers=bearing(token))).status == 200


@pytest.mark.attack("G3")
async def test_a_registration_token_is_stored_as_a_digest_and_changed_with_the_client(
    site: Attacked, browser: Browser
) -> None:
    made = (await registering(browser)).json()
    path, old = f"{REGISTER}/{made['client_id']}", made["registration_access_token"]
    stored = site.run(
        lambda c: c.execute(
            select(tables.clients.c.registration_digest).where(tables.clients.c.id == made["client_id"])
        ).scalar_one()
    )
    assert stored == digest(old)

    changed = await browser.request("PUT", path, json=METADATA | {"client_name": "Another"}, headers=bearing(old))
    new = changed.json()["registration_access_token"]

    assert (changed.status, new != old) == (200, True)
    assert (await browser.get(path, headers=bearing(old))).status == 401
    for change in ({"client_id": "c_other"}, {"client_secret": "chosen"}, {"scope": "admin"}):
        reply = await browser.request("PUT", path, json=METADATA | change, headers=bearing(new))
        assert refusal(reply) == (400, "invalid_client_metadata"), change
    reply = await browser.request("PUT", path, json={"redirect_uris": ["javascript:x"]}, headers=bearing(new))
    assert refusal(reply) == (400, "invalid_redirect_uri")
    assert (await browser.request("DELETE", path, headers=bearing(new))).status == 204
    assert (await browser.get(path, headers=bearing(new))).status == 401
