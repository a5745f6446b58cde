"""Who is not the client that they say they are: attacks C6, C7, C8 and C12."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.attacks.sites import Attacked, refusal
from tests.attacks.test_token_requests import coded
from tests.auth.outside import ec_key, forged, public, rsa_key, signed
from tests.auth.server.flows import Browser, Client, Reply, get_tokens, redeem, refresh, register

BASIC, POST, JWT = "client_secret_basic", "client_secret_post", "private_key_jwt"
INVALID_CLIENT = (401, "invalid_client")
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def basic(client_id: str, secret: str | None) -> dict[str, str]:
    """The header of HTTP Basic authentication."""
    return {"Authorization": "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()}


def is_challenged(reply: Reply) -> bool:
    """Whether a client is told that it did not prove who it is."""
    return refusal(reply) == INVALID_CLIENT and reply.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.attack("C6")
async def test_a_client_proves_itself_in_its_registered_way_only(site: Attacked, browser: Browser) -> None:
    nobody, by_basic = await register(browser), await register(browser, token_endpoint_auth_method=BASIC)
    by_post = await register(browser, token_endpoint_auth_method=POST)
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    claimed = {**form, "client_id": nobody.id}
    attempts: list[tuple[dict[str, str], dict[str, str]]] = [
        ({**form, "client_id": by_basic.id}, {}),
        ({**form, **by_basic.proof}, {}),
        ({**form, "client_id": by_post.id}, {}),
        ({**form, "client_id": by_post.id, "client_secret": ""}, {}),
        (form, basic(by_post.id, by_post.secret)),
        ({**claimed, "client_secret": "x"}, {}),
        (form, basic(nobody.id, "")),
        ({**form, "client_id": by_post.id}, basic(by_basic.id, by_basic.secret)),
        (claimed, basic(by_basic.id, by_basic.secret)),
        ({**form, **by_basic.proof}, basic(by_basic.id, by_basic.secret)),
        ({**form, **by_post.proof, "client_assertion": "a.b.c", "client_assertion_type": ASSERTION_TYPE}, {}),
        ({**claimed, "client_assertion": "a.b.c", "client_assertion_type": ASSERTION_TYPE}, {}),
        ({**form, "client_id": by_basic.id, "client_secret": by_post.secret or ""}, {}),
        (form, {"Authorization": "Bearer x"}),
        (form, {"Authorization": "Basic x"}),
        (form, {"Authorization": "Basic !!!!"}),
        (form, basic("", "x")),
        (form, {}),
    ]

    for path in ("/oauth/token", "/oauth/revoke", "/oauth/introspect"):
        for fields, headers in attempts:
            reply = await browser.post(path, {**fields, "token": "x"}, headers=headers)
            assert is_challenged(reply), (path, fields, headers)


@pytest.mark.attack("C6")
async def test_two_headers_at_once_are_refused(site: Attacked, browser: Browser) -> None:
    client = await register(browser, token_endpoint_auth_method=BASIC)
    one = ("Authorization", basic(client.id, client.secret)["Authorization"])
    form = {"grant_type": "refresh_token", "refresh_token": "x"}

    assert refusal(await browser.post("/oauth/token", form, headers=[one])) == (400, "invalid_grant")
    assert is_challenged(await browser.post("/oauth/token", form, headers=[one, one]))


@pytest.mark.attack("C7")
async def test_a_token_request_is_a_posted_form_and_nothing_else(site: Attacked, browser: Browser) -> None:
    client = await register(browser, token_endpoint_auth_method=POST)
    code, pair = await coded(browser, client)
    fields = {"grant_type": "authorization_code", "code": code, "code_verifier": pair.verifier, **client.proof}
    boundary = "".join(f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items())
    bodies: list[tuple[str, str]] = [
        ("multipart/form-data; boundary=b", f"{boundary}--b--\r\n"),
        ("text/plain", urlencode(fields)),
        ("application/octet-stream", urlencode(fields)),
        ("application/xml", "<a/>"),
    ]

    for media, body in bodies:
        reply = await browser.post("/oauth/token", body, headers={"Content-Type": media})
        assert refusal(reply) == (415, "invalid_request"), media
    assert (await browser.post("/oauth/token", None, json=fields)).status == 415
    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH"):
        assert (await browser.request(method, "/oauth/token", params=fields)).status == 405, method
    for name in ("client_secret", "code", "client_id"):
        left = {key: value for key, value in fields.items() if key != name}
        reply = await browser.request("POST", f"/oauth/token?{urlencode({name: fields[name]})}", data=left)
        assert refusal(reply) == (400, "invalid_request"), name
    reply = await browser.post("/oauth/token", urlencode(fields) + "&x=" + "a" * 70_000, headers=FORM)
    assert refusal(reply) == (413, "invalid_request")
    assert (await redeem(browser, client, code, pair.verifier)).status == 200


@pytest.mark.attack("C8")
async def test_guesses_at_a_secret_are_counted_and_told_to_wait(site: Attacked, browser: Browser) -> None:
    client = await register(browser, token_endpoint_auth_method=POST)
    assert client.secret is not None
    tokens = await get_tokens(browser, client)
    near = [client.secret[:-1], client.secret + "A", client.secret.swapcase(), client.secret.removeprefix("pw_cs_")]

    replies = [
        await refresh(browser, client, tokens.refresh, client_secret=(near + [f"guess-{number}"] * 30)[number])
        for number in range(30)
    ]

    assert all(is_challenged(reply) for reply in replies)
    assert ["Retry-After" in reply.headers for reply in replies] == [False] * 20 + [True] * 10
    entries = site.audited("client_refused", client_id=client.id)
    assert len(entries) == 20, "those that have to wait are counted, not listed"
    assert (await refresh(browser, client, tokens.refresh)).status == 200, "the client itself is not locked out"


async def signing_client(browser: Browser, **more: Any) -> Client:
    """A client that signs assertions, with an RSA key and one of an elliptic curve."""
    keys = public(rsa_key(), ec_key())
    return await register(browser, token_endpoint_auth_method=JWT, jwks=keys, **more)


def claims_of(site: Attacked, client: Client, jti: str = "1") -> dict[str, Any]:
    """What a good assertion says."""
    now = int(site.clock())
    audience = f"{site.url}/oauth/token"
    return {"iss": client.id, "sub": client.id, "aud": audience, "exp": now + 60, "iat": now, "jti": jti}


async def present(browser: Browser, client: Client, assertion: str, **more: str) -> Reply:
    """A token request with an assertion; a good one is refused only for its refresh token."""
    given = {"client_id": client.id, "client_assertion": assertion, "client_assertion_type": ASSERTION_TYPE}
    return await browser.post("/oauth/token", {"grant_type": "refresh_token", "refresh_token": "x", **given, **more})


@pytest.mark.attack("C12")
async def test_an_assertion_is_used_once(site: Attacked, browser: Browser) -> None:
    client = await signing_client(browser)
    assertion = signed(claims_of(site, client), ec_key(), typ="JWT")

    assert refusal(await present(browser, client, assertion)) == (400, "invalid_grant")
    assert is_challenged(await present(browser, client, assertion))
    again = signed(claims_of(site, client), rsa_key(), "RS256", typ="JWT")
    assert is_challenged(await present(browser, client, again)), "the same jti, signed anew"


@pytest.mark.attack("C12")
async def test_a_forged_assertion_is_refused(site: Attacked, browser: Browser) -> None:
    client, other = await signing_client(browser), await signing_client(browser)
    good = claims_of(site, client)
    now = int(site.clock())
    pem = rsa_key().as_pem(private=False)
    confused = forged({"alg": "HS256", "typ": "JWT", "kid": "rsa"}, good).rsplit(".", 1)[0]
    signature = b64encode(hmac.digest(pem, confused.encode(), hashlib.sha256), b"-_").rstrip(b"=").decode()
    wrong_claims: list[dict[str, Any]] = [
        {"aud": "https://other.example/token"},
        {"aud": [f"{site.url}/oauth/token", "https://other.example"]},
        {"aud": f"{site.url}/mcp"},
        {"exp": now - 31},
        {"exp": now + 86_400},
        {"exp": None},
        {"iat": now + 60},
        {"nbf": now + 60},
        {"jti": None},
        {"iss": other.id},
        {"sub": other.id},
        {"sub": site.account_id},
    ]
    forgeries = [
        forged({"alg": "none", "typ": "JWT"}, good),
        forged({"alg": "None", "typ": "JWT", "kid": "rsa"}, good),
        f"{confused}.{signature}",
        signed(good, ec_key("stranger"), typ="JWT"),
        signed(good, ec_key("stranger"), typ="JWT", kid="ec"),
        signed(good, ec_key("stranger"), typ="JWT", jwk=ec_key("stranger").as_dict(private=False), kid=None),
        signed(good, ec_key(), typ="JWT", crit=["b64"], b64=True),
        signed(good, ec_key(), typ="at+jwt"),
        *(signed({k: v for k, v in {**good, **w}.items() if v is not None}, ec_key(), typ="JWT") for w in wrong_claims),
        *("", "a.b.c", "x" * 20_000),
    ]

    for forgery in forgeries:
        reply = await present(browser, client, forgery)
        assert is_challenged(reply), forgery
    reply = await present(browser, client, signed(good, ec_key(), typ="JWT"), client_assertion_type="urn:other")
    assert refusal(reply) == (400, "invalid_request")
    assert is_challenged(await present(browser, other, signed(good, ec_key(), typ="JWT")))
