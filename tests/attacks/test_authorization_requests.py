"""What a client may not ask for: attacks A1 to A9."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.attacks.sites import Attacked, is_page_only, refusal, told
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
    redeem,
    refresh,
    register,
    sign_in,
    tokens_of,
)

NEAR_MISSES = (
    *(f"{CALLBACK}/", f"{CALLBACK}/more", f"{CALLBACK}?", f"{CALLBACK}?a=b", f"{CALLBACK}#", f"{CALLBACK}#a"),
    *(f"{CALLBACK}/../evil", f"{CALLBACK}/%2e%2e/evil", f"{CALLBACK}%2f..", f"{CALLBACK};a", f"{CALLBACK}%00"),
    *("https://client.example/./callback", "https://client.example/a/../callback", "https://client.example//callback"),
    *("https://client.example/%63allback", "https://client.example/Callback", "https://client.example", "/callback"),
    *("https://client.example:443/callback", "https://client.example:8443/callback", "http://client.example/callback"),
    *("HTTPS://client.example/callback", "https://CLIENT.example/callback", "//client.example/callback"),
    *("https://a.client.example/callback", "https://client.example.evil.example/callback", "https://evil.example/"),
    *("https://client.example@evil.example/callback", "https://user@client.example/callback"),
    *("https://client.example\\@evil.example/callback", "https:\\\\client.example\\callback", f"{CALLBACK}\\"),
    *("https://client.example./callback", "https://clïent.example/callback", "https://xn--clent-1sa.example/callback"),
    *(f"{CALLBACK}\t", f"{CALLBACK}\n", f" {CALLBACK}", f"{CALLBACK} ", "https://client.exam\tple/callback"),
    *(f"{CALLBACK}\r\nLocation: https://evil.example", f"{CALLBACK}\x00", "javascript:alert(1)", "data:text/html,x"),
    *("https://client.example%2ecom/callback", "https://client.example%00.evil.example/callback", "*", "https://*/"),
)

REFUSED_AT_REGISTRATION = (
    *("javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x", "blob:x"),
    *(
        "http://client.example/callback",
        "http://10.0.0.1/callback",
        "http://localhost.evil.example/",
        "ftp://a.example/",
    ),
    *("https://*.client.example/callback", "https://client.example/*", "https://client.example/callback#fragment"),
    *("https://client.example/callback#", "https://user:pass@client.example/", "/callback", "callback", "", "https://"),
    *(
        "https://client.example/../callback",
        "https://client.example/%2e%2e/a",
        "https://client.example\\evil",
        "about:x",
    ),
    *(
        "https://client.example/\r\nSet-Cookie: a=b",
        "https://client.example/ x",
        "https://client.example:99999/",
        "app:x",
    ),
    *(
        "https://0x7f.1/callback",
        "https://clïent.example/",
        "http://127.0.0.1.evil.example/",
        "http://[::2]/",
        "x" * 3000,
    ),
)

POST = "client_secret_post"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # the example of RFC 7636, appendix B


@pytest.mark.attack("A1")
async def test_an_unknown_client_or_redirect_uri_ends_on_a_page(site: Attacked, browser: Browser) -> None:
    known = await register(browser)
    two = await register(browser, redirect_uris=[CALLBACK, "https://client.example/other"])
    params: list[dict[str, str]] = [
        authorization(Client("c_00000000000000000000000000000000"), CHALLENGE),
        authorization(Client(site.account_id), CHALLENGE),
        authorization(Client("x\x00y"), CHALLENGE),
        authorization(Client("' OR 1=1 --"), CHALLENGE),
        {name: value for name, value in authorization(known, CHALLENGE).items() if name != "client_id"},
        authorization(known, CHALLENGE, redirect_uri="https://evil.example/callback"),
        authorization(known, CHALLENGE, redirect_uri="https://evil.example/callback", response_type="token"),
        authorization(two, CHALLENGE, redirect_uri=None),
    ]

    for given in params:
        assert is_page_only(await browser.get("/oauth/authorize", params=given)), given


@pytest.mark.attack("A2")
async def test_a_near_miss_of_a_redirect_uri_ends_on_a_page(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    private = await register(browser, redirect_uris=["com.example.app:/callback"])

    for uri in NEAR_MISSES:
        reply = await browser.get("/oauth/authorize", params=authorization(client, CHALLENGE, redirect_uri=uri))
        assert is_page_only(reply), uri
        assert "evil" not in reply.text
    for uri in ("com.example.app://callback", "com.example.app:/callback/", "com.example.app2:/callback"):
        reply = await browser.get("/oauth/authorize", params=authorization(private, CHALLENGE, redirect_uri=uri))
        assert is_page_only(reply), uri


@pytest.mark.attack("A2")
async def test_only_the_port_of_a_loopback_address_may_differ(site: Attacked, browser: Browser) -> None:
    client = await register(
        browser, redirect_uris=["http://127.0.0.1:1234/callback", "http://localhost/callback", "https://127.0.0.1/a"]
    )

    async def shown(uri: str) -> Reply:
        return await browser.get("/oauth/authorize", params=authorization(client, CHALLENGE, redirect_uri=uri))

    assert (await shown("http://127.0.0.1:56789/callback")).status == 200
    for uri in (
        *("http://127.0.0.1:56789/other", "http://127.0.0.2:1234/callback", "http://[::1]:1234/callback"),
        *("https://127.0.0.1:1/a", "http://127.0.0.1:1@evil.example/callback", "http://localhost:99/callback"),
        *("http://127.0.0.1:123456/callback", "http://127.0.0.1:/callback", "http://127.1:1234/callback"),
    ):
        assert is_page_only(await shown(uri)), uri


@pytest.mark.attack("A3")
async def test_dangerous_redirect_uris_cannot_be_registered(site: Attacked, browser: Browser) -> None:
    for uri in REFUSED_AT_REGISTRATION:
        reply = await browser.post("/oauth/register", None, json={"redirect_uris": [CALLBACK, uri]})
        assert refusal(reply) == (400, "invalid_redirect_uri"), uri
    for uris in ([], None, "https://client.example/callback", [5], [[CALLBACK]], {"a": CALLBACK}):
        reply = await browser.post("/oauth/register", None, json={"redirect_uris": uris})
        assert refusal(reply) == (400, "invalid_redirect_uri"), uris


async def refused(browser: Browser, client: Client, **changes: str | None) -> str:
    """The error that a client is told, by a link that the person may take."""
    reply = await browser.get("/oauth/authorize", params=authorization(client, CHALLENGE, **changes))
    assert reply.status == 400, reply.text
    assert "Location" not in reply.headers
    return told(reply)["error"]


@pytest.mark.attack("A4")
@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge_method": "s256"},
        {"code_challenge_method": "S512"},
    ],
)
async def test_pkce_with_s256_is_required(site: Attacked, browser: Browser, changes: dict[str, str | None]) -> None:
    for method in ("none", "client_secret_basic"):
        client = await register(browser, token_endpoint_auth_method=method)
        assert await refused(browser, client, **changes) == "invalid_request"


@pytest.mark.attack("A5")
async def test_a_malformed_challenge_is_refused(site: Attacked, browser: Browser) -> None:
    client = await register(browser)

    for challenge in (
        "a" * 42,
        "a" * 129,
        CHALLENGE[:-1] + "=",
        CHALLENGE[:-1] + "+",
        CHALLENGE[:-1] + "é",
        "a" * 9000,
    ):
        assert await refused(browser, client, code_challenge=challenge) == "invalid_request", challenge


@pytest.mark.attack("A6")
async def test_a_parameter_that_is_sent_twice_is_refused(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    params = authorization(client, CHALLENGE, resource=site.resource)
    form = {"grant_type": "authorization_code", "code": "x", "code_verifier": "v" * 43, "client_id": client.id}

    for name, value in params.items():
        for other in (value, "other", ""):
            query = urlencode([*params.items(), (name, other)])
            assert is_page_only(await browser.get(f"/oauth/authorize?{query}")), name
    for path in ("/oauth/token", "/oauth/revoke", "/oauth/introspect"):
        for name, value in form.items():
            body = urlencode([*form.items(), (name, value)])
            reply = await browser.post(path, body, headers={"Content-Type": "application/x-www-form-urlencoded"})
            assert refusal(reply) == (400, "invalid_request"), (path, name)


@pytest.mark.attack("A6")
async def test_a_member_that_is_sent_twice_in_json_is_refused(site: Attacked, browser: Browser) -> None:
    legacy = site.add_client(takes_json=True, requires_pkce=False)
    json = {"Content-Type": "application/json"}
    registration = f'{{"redirect_uris": ["https://evil.example/"], "redirect_uris": ["{CALLBACK}"]}}'
    request = f'{{"grant_type": "authorization_code", "code": "a", "code": "b", "client_id": "{legacy.id}"}}'

    reply = await browser.post("/oauth/register", registration, headers=json)
    assert refusal(reply) == (400, "invalid_client_metadata")
    reply = await browser.post("/oauth/token", request, headers=json)
    assert refusal(reply) == (400, "invalid_request")


@pytest.mark.attack("A7")
async def test_only_a_code_can_be_asked_for(site: Attacked, browser: Browser) -> None:
    client = await register(browser)

    for kind in ("token", "id_token", "code token", "code id_token", "token code", "none", "CODE", "code code"):
        assert await refused(browser, client, response_type=kind) == "unsupported_response_type", kind
    for mode in ("fragment", "form_post", "jwt"):
        assert await refused(browser, client, response_mode=mode) == "invalid_request", mode


@pytest.mark.attack("A7")
async def test_passwords_are_no_grant(site: Attacked, browser: Browser) -> None:
    confidential = await register(browser, token_endpoint_auth_method=POST)
    user: dict[str, Any] = {"username": "ada", "password": "correct horse battery"}
    jwt = "urn:ietf:params:oauth:grant-type:jwt-bearer"

    for kind in ("password", "client_credentials", "implicit", jwt, "AUTHORIZATION_CODE", "authorization_code "):
        reply = await browser.post("/oauth/token", {"grant_type": kind, **user, **confidential.proof})
        assert refusal(reply) == (400, "unsupported_grant_type"), kind


@pytest.mark.attack("A8")
async def test_no_more_scope_than_there_is_and_than_the_client_may_have(site: Attacked, browser: Browser) -> None:
    everything = await register(browser)
    limited = site.add_client(scopes=frozenset({"notes:read"}))

    for scope in ("notes:admin", "notes:read admin", "NOTES:READ", "openid", "*"):
        assert await refused(browser, everything, scope=scope) == "invalid_scope", scope
    assert await refused(browser, limited, scope="notes:read notes:write") == "invalid_scope"
    assert (await get_tokens(browser, limited, scope=None)).scope == "notes:read"
    assert (await get_tokens(browser, everything, scope=None)).scope == "notes:read notes:write"


@pytest.mark.attack("A8")
async def test_the_consent_form_cannot_add_a_scope(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    pair = pkce()
    page = await browser.get("/oauth/authorize", params=authorization(client, pair.challenge))
    consent = await sign_in(browser, page)

    back = await allow(browser, consent, ("scope", "notes:read"), ("scope", "notes:write"), ("scope", "admin"))

    assert tokens_of(await redeem(browser, client, back.answer["code"], pair.verifier)).scope == "notes:read"


@pytest.mark.attack("A9")
async def test_a_resource_that_is_not_served_here_is_refused(site: Attacked, browser: Browser) -> None:
    client = await register(browser)

    for resource in (
        *("https://other.example/mcp", f"{site.url}/mcp#a", f"{site.url}/mcp/", f"{site.url}/other", "mcp", "/mcp"),
        *(f"{site.url}/mcp?a=b", site.url.upper(), f"{site.url}@evil.example", "urn:other"),
    ):
        assert await refused(browser, client, resource=resource) == "invalid_target", resource


@pytest.mark.attack("A9")
async def test_a_resource_cannot_be_changed_or_widened_later(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    pair = pkce()
    code = await get_code(browser, client, pair.challenge, resource=site.resource)

    for resource in (site.url, "https://other.example/mcp"):
        reply = await redeem(browser, client, code, pair.verifier, resource=resource)
        assert refusal(reply) == (400, "invalid_target"), resource
    tokens = tokens_of(await redeem(browser, client, code, pair.verifier, resource=site.resource))
    for resource in (site.url, "https://other.example/mcp"):
        reply = await refresh(browser, client, tokens.refresh, resource=resource)
        assert refusal(reply) == (400, "invalid_target"), resource
    twice = urlencode([*authorization(client, CHALLENGE).items(), ("resource", site.url), ("resource", site.resource)])
    assert is_page_only(await browser.get(f"/oauth/authorize?{twice}"))
