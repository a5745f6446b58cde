"""Who may not call: attacks T1 to T5, T7 and M1."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from sqlalchemy import Connection, update

from plugwright import Call, JwtIssuer
from plugwright.store import tables
from plugwright.store.grants import revoke_client
from tests.attacks.sites import Attacked, attacked, refusal
from tests.auth.outside import ec_key, forged, outside, public, rsa_key, signed
from tests.auth.server.flows import (
    Browser,
    Reply,
    call,
    get_code,
    get_tokens,
    notes_plugin,
    pkce,
    refresh,
    register,
)

MCP = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}


async def by_mcp(browser: Browser, token: str | None, tool: str = "list_notes", **options: Any) -> Reply:
    """Call a tool."""
    headers = MCP | ({} if token is None else {"Authorization": f"Bearer {token}"}) | options.pop("headers", {})
    message: dict[str, Any] = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": tool, "arguments": {}},
    }
    return await browser.request("POST", options.pop("target", "/mcp"), json=message, headers=headers, **options)


def is_unauthorized(reply: Reply, error: str = "invalid_token") -> bool:
    """Whether a call was refused with a challenge that says how to mend it."""
    challenge = reply.headers.get("WWW-Authenticate", "")
    return reply.status == 401 and f'error="{error}"' in challenge and "resource_metadata=" in challenge


@pytest.mark.attack("T1")
async def test_only_an_access_token_for_this_resource_is_accepted(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    tokens = await get_tokens(browser, client)
    other = await get_tokens(browser, await register(browser))
    code = await get_code(browser, client, pkce().challenge)
    claims = {"iss": site.url, "sub": site.account_id, "aud": site.resource, "exp": site.clock() + 60}
    elsewhere = await get_tokens(browser, elsewhere_client := await register(browser))
    site.run(lambda c: c.execute(audience_of(elsewhere_client.id, "https://other.example/mcp")))
    wrong = [
        *(tokens.refresh, code, browser.cookies["plugwright-session"], elsewhere.access, other.access[:-1]),
        *(signed(claims, ec_key()), signed(claims, ec_key(), typ="JWT"), forged({"alg": "none"}, claims)),
        *("eyJhbGciOiJub25lIn0.e30.", "ya29.upstream-token", "gho_0123456789", tokens.access + "A", "pw_at_"),
        *(tokens.access.upper(), f"pw_key_{tokens.access[6:]}", client.id, site.account_id),
    ]

    for token in wrong:
        assert is_unauthorized(await call(browser, token)), token
        assert is_unauthorized(await by_mcp(browser, token)), token
    site.clock.advance(3600)
    assert is_unauthorized(await call(browser, tokens.access)), "expired"


def audience_of(client_id: str, resource: str) -> Any:
    """Make the grants of a client be for another resource."""
    return update(tables.grants).where(tables.grants.c.client_id == client_id).values(resource=resource)


@pytest.mark.attack("T2")
async def test_a_token_comes_once_and_in_the_header(site: Attacked, browser: Browser) -> None:
    tokens = await get_tokens(browser, await register(browser), scope="notes:read notes:write")
    header = ("Authorization", f"Bearer {tokens.access}")
    in_query = {"access_token": tokens.access}

    assert (await browser.get("/list-notes", headers=[header])).status == 200
    twice = await browser.get("/list-notes", headers=[header, header])
    assert twice.status == 400
    assert 'error="invalid_request"' in twice.headers["WWW-Authenticate"]
    for value in (f"Bearer {tokens.access}, Bearer {tokens.access}", f"Bearer {tokens.access} x", "Bearer", "Bearer  "):
        assert (await browser.get("/list-notes", headers={"Authorization": value})).status == 400, value
    for scheme in ("Basic", "Token", "MAC"):
        reply = await browser.get("/list-notes", headers={"Authorization": f"{scheme} {tokens.access}"})
        assert reply.status == 401, scheme
    assert (await browser.get("/list-notes", params=in_query)).status in {400, 401}
    assert (await browser.get("/list-notes", params=in_query, headers=[header])).status == 400
    posted = await browser.request("POST", "/add-note", json={"text": "a", **in_query}, headers=[header])
    assert posted.status in {400, 422}
    form = await browser.post("/add-note", {"text": "a", **in_query})
    assert form.status in {400, 401, 415}


@pytest.mark.attack("T2")
async def test_mcp_takes_no_token_from_the_query(site: Attacked, browser: Browser) -> None:
    tokens = await get_tokens(browser, await register(browser))

    reply = await by_mcp(browser, None, target=f"/mcp?access_token={tokens.access}")

    assert "notes of" not in reply.text


@pytest.mark.attack("T3")
async def test_too_little_scope_is_refused_with_all_that_is_needed(site: Attacked, browser: Browser) -> None:
    tokens = await get_tokens(browser, await register(browser), scope="notes:read")
    headers = {"Authorization": f"Bearer {tokens.access}"}

    reply = await browser.request("POST", "/add-note", json={"text": "a"}, headers=headers)

    assert reply.status == 403
    challenge = reply.headers["WWW-Authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="notes:write"' in challenge
    assert f'resource_metadata="{site.url}/.well-known/oauth-protected-resource/mcp"' in challenge
    by_tool = await by_mcp(browser, tokens.access, "add_note")
    assert "insufficient_scope" in by_tool.text
    assert "for u_" not in by_tool.text


@pytest.mark.attack("T4")
async def test_a_revoked_token_is_refused_everywhere_within_a_second(database_url: str, cheap_hashing: None) -> None:
    with attacked(database_url) as one, attacked(database_url, clock=one.clock, public_url=one.url) as two:
        async with one.browser() as first, two.browser() as second:
            client = await register(first)
            tokens = await get_tokens(first, client)
            assert (await call(first, tokens.access)).status == 200
            assert (await call(second, tokens.access)).status == 200

            await first.post("/oauth/revoke", {"token": tokens.access, **client.proof})
            assert is_unauthorized(await call(first, tokens.access)), "at once where it was revoked"
            one.clock.advance(1)
            assert is_unauthorized(await call(second, tokens.access)), "within a second elsewhere"
            assert is_unauthorized(await by_mcp(second, tokens.access))


@pytest.mark.attack("T4")
async def test_a_family_that_ends_ends_its_access_tokens_within_a_second(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    first = await get_tokens(browser, client)
    assert (await call(browser, first.access)).status == 200

    def end(c: Connection) -> int:
        return revoke_client(c, client.id, "test", site.clock())

    site.run(end)
    site.clock.advance(1)

    assert is_unauthorized(await call(browser, first.access))
    assert refusal(await refresh(browser, client, first.refresh)) == (400, "invalid_grant")


@pytest.mark.attack("T5")
async def test_forged_json_web_tokens_of_an_outside_issuer_are_refused(database_url: str) -> None:
    async with outside() as (issuer, _):
        keys = issuer.put("/jwks", public(rsa_key(), ec_key()))
        trap = issuer.put("/evil-jwks", public(ec_key("stranger")))
        outer = JwtIssuer(issuer.origin, "https://plugin.example/mcp", jwks_uri=keys)
        plugin = notes_plugin(issuer=outer)
        with attacked(database_url, plugin, fetch_allowed_origins=(issuer.origin,)) as site:
            async with site.browser() as browser:
                now = int(site.clock())
                good: dict[str, Any] = {
                    "iss": issuer.origin,
                    "sub": "ada",
                    "aud": outer.audience,
                    "exp": now + 60,
                    "iat": now,
                    "client_id": "c",
                    "jti": "1",
                    "scope": "notes:read",
                }
                assert (await call(browser, signed(good, ec_key()))).status == 200
                changes: list[dict[str, Any]] = [
                    *({"exp": None}, {"exp": now - 61}, {"aud": None}, {"aud": issuer.origin}, {"iss": None}),
                    *({"iss": "https://evil.example"}, {"nbf": now + 120}, {"aud": ["x"]}, {"sub": None}),
                ]
                stranger = ec_key("stranger")
                tokens = [
                    *(signed(present({**good, **change}), ec_key()) for change in changes),
                    forged({"alg": "none", "typ": "at+jwt"}, good),
                    forged({"alg": "HS256", "typ": "at+jwt", "kid": "rsa"}, good, b"x" * 32),
                    *(signed(good, stranger), signed(good, stranger, kid="ec"), signed(good, stranger, kid=None)),
                    *(
                        signed(good, ec_key(), kid=kid)
                        for kid in ("../../dev/null", "' OR 1=1 --", "/etc/passwd", "\x00")
                    ),
                    *(signed(good, stranger, **{name: trap}) for name in ("jku", "x5u")),
                    signed(good, stranger, jwk=stranger.as_dict(private=False)),
                    *(signed(good, ec_key(), typ=typ) for typ in ("JWT", "dpop+jwt", "logout+jwt", None)),
                    signed(good, ec_key(), crit=["exp"]),
                ]
                for token in tokens:
                    assert is_unauthorized(await call(browser, token)), token
        assert "/evil-jwks" not in issuer.asked


def present(claims: dict[str, Any]) -> dict[str, Any]:
    """The claims that are there."""
    return {name: value for name, value in claims.items() if value is not None}


@pytest.mark.attack("T7")
async def test_the_bearer_is_in_no_outgoing_request_and_not_in_the_call(database_url: str, cheap_hashing: None) -> None:
    async with outside() as (elsewhere, _):
        plugin = notes_plugin()
        seen: list[str] = []

        @plugin.operation(effect="read", open_world=True, scopes=["notes:read"])
        async def look(*, call: Call) -> str:
            """Look at what the call gives."""
            principal = call.principal
            public_names = [name for name in dir(call) if not name.startswith("_") and name != "database"]
            seen.append(" ".join([repr(principal), *(repr(getattr(call, name)) for name in public_names)]))
            return "looked"

        with attacked(database_url, plugin, fetch_allowed_origins=(elsewhere.origin,)) as site:
            async with site.browser() as browser:
                document = {"client_id": f"{elsewhere.origin}/c.json", "redirect_uris": ["https://client.example/"]}
                elsewhere.put("/c.json", document)
                tokens = await get_tokens(browser, await register(browser))
                headers = {"Authorization": f"Bearer {tokens.access}"}
                assert (await browser.get("/look", headers=headers)).status == 200
                params = {"client_id": document["client_id"], "response_type": "code"}
                await browser.get("/oauth/authorize", params=params, headers=headers)

                assert seen
                assert tokens.access not in seen[0]
                assert elsewhere.server.requests
                for head in elsewhere.server.requests:
                    assert b"authorization" not in head.lower()
                    assert b"cookie" not in head.lower()
                    assert tokens.access.encode() not in head


@pytest.mark.attack("M1")
async def test_issuer_and_metadata_are_configuration(secure_site: Attacked) -> None:
    browser = secure_site.secure_browser()
    names = ("oauth-authorization-server", "openid-configuration", "oauth-protected-resource")
    paths = [f"/.well-known/{name}" for name in names] + ["/.well-known/oauth-protected-resource/mcp"]
    tricks: list[dict[str, str]] = [
        {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Proto": "http", "X-Forwarded-Port": "8080", "X-Forwarded-Prefix": "/evil"},
        {"Forwarded": "host=evil.example;proto=http"},
        {"X-Original-URL": "/evil", "X-Rewrite-URL": "/evil"},
        {"Host": "evil.example"},
        {"Host": "plugin.example@evil.example"},
        {"Host": "plugin.example:99"},
        {"Host": "127.0.0.1"},
    ]

    for path in paths:
        usual = await browser.get(path)
        assert usual.status == 200
        assert '"https://plugin.example' in usual.text
        for headers in tricks:
            reply = await browser.get(path, headers=headers)
            assert reply.status in {200, 400, 403, 421}
            assert reply.status != 200 or reply.text == usual.text, headers
            assert "evil" not in reply.text
        for path_trick in (f"/evil{path}", f"{path}/evil", f"{path}/", f"{path}/..", path.replace("/.", "//.")):
            assert (await browser.get(path_trick)).status in {400, 404}, path_trick


@pytest.mark.attack("M1")
async def test_an_unknown_host_gets_no_page_and_no_token(secure_site: Attacked) -> None:
    browser = secure_site.secure_browser()
    basic = {"Authorization": "Basic " + b64encode(b"a:b").decode()}

    for host in ("evil.example", "plugin.example.evil.example", "127.0.0.1", "localhost", "plugin.example:99", ""):
        headers = {"Host": host, "X-Forwarded-Host": "plugin.example"}
        for path in ("/oauth/authorize?client_id=x", "/oauth/nothing", "/list-notes", "/hello"):
            assert (await browser.get(path, headers=headers)).status in {400, 403, 421}, (host, path)
        for path in ("/oauth/token", "/oauth/register", "/oauth/sign-in", "/mcp"):
            reply = await browser.post(path, {"a": "b"}, headers={**headers, **basic})
            assert reply.status in {400, 403, 421}, (host, path)
