"""Clients that prove themselves by a signed assertion: attack C12."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

import pytest

from plugwright.auth.server.client_assertions import AssertionRefused, ClientAssertions, VerifiedAssertion
from plugwright.errors import Unavailable
from plugwright.upstream.safe_fetch import SafeFetch
from tests.auth.outside import NOW, Clock, ec_key, forged, okp_key, outside, public, rsa_key, signed

ID = "https://client.example/client.json"
ISSUER = "https://plugin.example"
TOKEN_ENDPOINT = "https://plugin.example/oauth/token"  # noqa: S105 - a URL
CLAIMS: dict[str, Any] = {"iss": ID, "sub": ID, "aud": TOKEN_ENDPOINT, "exp": NOW + 300, "iat": NOW, "jti": "once"}


@dataclass(frozen=True)
class KnownClient:
    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = None
    signing_alg: str | None = None
    id: str = ID


CLIENT = KnownClient(public(rsa_key(), ec_key()))


def verifier() -> ClientAssertions:
    return ClientAssertions(SafeFetch(), (TOKEN_ENDPOINT, ISSUER), now=Clock())


def assertion(key: Any = None, alg: str = "RS256", *, typ: str | None = "JWT", **changes: Any) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    return signed(claims, key or rsa_key(), alg, typ=typ)


@pytest.mark.parametrize("audience", [TOKEN_ENDPOINT, ISSUER, [TOKEN_ENDPOINT], [ISSUER, TOKEN_ENDPOINT]])
async def test_an_assertion_for_the_token_endpoint_or_the_issuer_proves_its_client(audience: Any):
    verified = await verifier().verify(CLIENT, assertion(aud=audience))

    assert verified == VerifiedAssertion("once", NOW + 330)


@pytest.mark.parametrize(
    ("key", "alg", "typ"),
    [
        *((rsa_key(), "PS256", None), (ec_key(), "ES256", "jwt"), (rsa_key(), "RS512", "client-authentication+jwt")),
        (rsa_key(), "RS256", "application/JWT"),
    ],
)
async def test_the_algorithm_follows_from_the_key(key: Any, alg: str, typ: str | None):
    assert await verifier().verify(CLIENT, assertion(key, alg, typ=typ))


@pytest.mark.parametrize(
    "changes",
    [
        *(
            {"iss": "https://other.example"},
            {"iss": None},
            {"iss": ISSUER},
            {"sub": "https://other.example"},
            {"sub": None},
        ),
        *({"aud": "https://other.example"}, {"aud": None}, {"aud": TOKEN_ENDPOINT + "/"}, {"aud": ISSUER + "/"}),
        *({"aud": [TOKEN_ENDPOINT, "https://other.example"]}, {"aud": []}, {"aud": "https://plugin.example/mcp"}),
        *({"exp": None}, {"exp": NOW - 30}, {"exp": NOW + 331}, {"exp": "x"}, {"exp": float("nan")}, {"exp": 10**400}),
        *({"exp": NOW - 3600}, {"exp": NOW + 86_400}),
        *({"nbf": NOW + 31}, {"iat": NOW + 31}, {"iat": "x"}),
        *(
            {"jti": None},
            {"jti": ""},
            {"jti": 5},
            {"jti": "a" * 257},
            {"jti": ["a"]},
            {"jti": "a\x00"},
            {"jti": "\ud800"},
        ),
    ],
)
async def test_c12_an_assertion_with_a_wrong_or_missing_claim_is_refused(changes: dict[str, Any]):
    with pytest.raises(AssertionRefused):
        await verifier().verify(CLIENT, assertion(**changes))


@pytest.mark.parametrize(
    "changes", [{"exp": NOW - 29}, {"exp": NOW + 330}, {"nbf": NOW + 30}, {"iat": NOW + 30}, {"iat": None}]
)
async def test_clocks_may_differ_by_half_a_minute(changes: dict[str, Any]):
    assert await verifier().verify(CLIENT, assertion(**changes))


async def test_c12_none_and_a_public_key_as_shared_secret_are_refused():
    for alg in ("none", "None", "HS256"):
        for kid in ("rsa", None):
            header = {"alg": alg, "typ": "JWT", **({"kid": kid} if kid else {})}
            unsigned = forged(header, CLAIMS).rsplit(".", 1)[0]
            signature = hmac.digest(rsa_key().as_pem(), unsigned.encode(), hashlib.sha256)
            for text in (f"{unsigned}.", unsigned, forged(header, CLAIMS, signature)):
                with pytest.raises(AssertionRefused):
                    await verifier().verify(CLIENT, text)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "....", "é.é.é", "a" * 20_000, "e30.e30.e30", "W10.W10.W10"])
async def test_c12_what_is_no_assertion_is_refused(text: str):
    with pytest.raises(AssertionRefused):
        await verifier().verify(CLIENT, text)


async def test_c12_another_key_or_a_key_of_another_client_is_refused():
    for key, alg in ((ec_key("stranger"), "ES256"), (rsa_key("stranger"), "RS256"), (okp_key(), "Ed25519")):
        for kid in (key.kid, "rsa", "ec", None):
            with pytest.raises(AssertionRefused):
                await verifier().verify(CLIENT, signed(CLAIMS, key, alg, typ="JWT", kid=kid))


async def test_c12_an_access_token_is_no_assertion():
    with pytest.raises(AssertionRefused, match="another type"):
        await verifier().verify(CLIENT, assertion(typ="at+jwt"))


async def test_c12_another_algorithm_than_the_announced_one_is_refused():
    announced = KnownClient(public(rsa_key()), signing_alg="RS256")

    assert await verifier().verify(announced, assertion())
    with pytest.raises(AssertionRefused):
        await verifier().verify(announced, assertion(alg="PS256"))
    with pytest.raises(AssertionRefused):
        await verifier().verify(KnownClient(public(rsa_key()), signing_alg="HS256"), assertion())


@pytest.mark.parametrize("jwks", [None, {"keys": []}, {}, {"keys": [{"kty": "oct", "k": "AAAA"}]}])
async def test_a_client_without_public_keys_cannot_prove_itself(jwks: dict[str, Any] | None):
    with pytest.raises(AssertionRefused):
        await verifier().verify(KnownClient(jwks), assertion())


async def test_the_keys_of_a_client_come_from_its_jwks_uri_and_are_kept():
    async with outside() as (site, fetch):
        client = KnownClient(jwks_uri=site.put("/jwks", public(rsa_key())))
        assertions = ClientAssertions(fetch, (TOKEN_ENDPOINT,), now=Clock())

        for number in range(3):
            assert (await assertions.verify(client, assertion(jti=str(number)))).jti == str(number)
        with pytest.raises(AssertionRefused):
            await assertions.verify(client, assertion(ec_key(), "ES256"))

        assert site.asked == ["/jwks"]


async def test_keys_that_cannot_be_fetched_are_no_fault_of_the_client():
    async with outside() as (site, fetch):
        client = KnownClient(jwks_uri=f"{site.origin}/nothing")
        with pytest.raises(Unavailable):
            await ClientAssertions(fetch, (TOKEN_ENDPOINT,), now=Clock()).verify(client, assertion())
