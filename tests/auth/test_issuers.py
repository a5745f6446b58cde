"""Tokens of an outside authorization server: attacks T1 and T5."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from plugwright.auth.issuers import JwtVerifier
from plugwright.auth.kinds import JwtIssuer
from plugwright.errors import InvalidToken, Unavailable
from plugwright.principal import Principal
from plugwright.upstream.safe_fetch import SafeFetch
from tests.auth.outside import NOW, Clock, Site, ec_key, forged, okp_key, outside, public, rsa_key, signed

ISSUER = "https://issuer.example"
AUDIENCE = "https://plugin.example/mcp"
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "alice",
    "exp": NOW + 300,
    "iat": NOW,
    "nbf": NOW,
    "client_id": "client",
    "scope": "a b",
    "jti": "1",
}


def verifier(site: Site, fetch: SafeFetch, *, takes_plain_type: bool = False) -> JwtVerifier:
    jwks_uri = site.put("/jwks", public(rsa_key(), ec_key(), okp_key()))
    issuer = JwtIssuer(ISSUER, AUDIENCE, jwks_uri)
    return JwtVerifier(issuer, fetch, takes_plain_type=takes_plain_type, now=Clock())


@pytest.mark.parametrize(
    ("key", "alg"),
    [
        *((rsa_key(), alg) for alg in ("RS256", "RS512", "PS256", "PS384")),
        *((ec_key(), "ES256"), (okp_key(), "Ed25519")),
    ],
)
async def test_a_token_of_the_issuer_stands_for_its_subject(key: Any, alg: str):
    async with outside() as (site, fetch):
        verified = await verifier(site, fetch).verify(signed(CLAIMS, key, alg))

    assert verified.principal == Principal("alice", "client", frozenset({"a", "b"}))
    assert verified.expires_at == NOW + 360


async def test_an_eddsa_token_is_verified_without_a_warning():
    header = {"alg": "EdDSA", "typ": "application/AT+JWT", "kid": "okp"}
    unsigned = forged(header, CLAIMS).rsplit(".", 1)[0]
    signature = okp_key().get_op_key("sign").sign(unsigned.encode())  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType] - the key is an Ed25519 one
    token = f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"  # pyright: ignore[reportUnknownArgumentType] - see above

    async with outside() as (site, fetch):
        assert (await verifier(site, fetch).verify(token)).principal.subject == "alice"


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "a  b "}, {"a", "b"}),
        ({"scope": ["a", "b", 5]}, {"a", "b"}),
        ({"scp": ["a"]}, {"a"}),
        ({"scp": "a b"}, {"a", "b"}),
        ({"scope": 5}, set[str]()),
        ({}, set[str]()),
    ],
)
async def test_scopes_come_from_scope_or_scp(claims: dict[str, Any], scopes: set[str]):
    rest = {name: value for name, value in CLAIMS.items() if name != "scope"}
    async with outside() as (site, fetch):
        verified = await verifier(site, fetch).verify(signed({**rest, **claims}, ec_key()))

    assert verified.principal.scopes == scopes


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"iss": ISSUER + "/"},
        {"iss": None},
        {"iss": [ISSUER]},
        {"aud": "https://other.example/mcp"},
        {"aud": AUDIENCE + "/"},
        {"aud": []},
        {"aud": ["https://other.example"]},
        {"aud": {"a": AUDIENCE}},
        {"aud": None},
        {"exp": None},
        {"exp": NOW - 60},
        {"exp": "9999999999"},
        {"exp": True},
        {"exp": 10**400},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"nbf": NOW + 61},
        {"nbf": "x"},
        {"iat": NOW + 61},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"sub": "a\x00"},
        {"sub": "\ud800"},
        {"client_id": "\udfff"},
        {"nonce": "n"},
        {"at_hash": "h"},
        {"typ": "Refresh"},
        {"typ": "ID"},
        {"cnf": {"jkt": "x"}},
    ],
)
async def test_t1_t5_a_token_with_a_wrong_or_missing_claim_is_refused(changes: dict[str, Any]):
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    async with outside() as (site, fetch):
        with pytest.raises(InvalidToken):
            await verifier(site, fetch).verify(signed(claims, ec_key()))


@pytest.mark.parametrize(
    "changes", [{"exp": NOW - 59}, {"nbf": NOW + 60}, {"iat": NOW + 60}, {"aud": ["x", AUDIENCE]}, {"exp": NOW + 0.5}]
)
async def test_clocks_may_differ_by_a_minute(changes: dict[str, Any]):
    async with outside() as (site, fetch):
        assert await verifier(site, fetch).verify(signed({**CLAIMS, **changes}, ec_key()))


@pytest.mark.parametrize("typ", [None, "JWT", "jwt", "application/jwt"])
async def test_t5_a_plain_type_is_taken_only_where_it_is_configured(typ: str | None):
    token = signed(CLAIMS, ec_key(), typ=typ)
    async with outside() as (site, fetch):
        with pytest.raises(InvalidToken, match="another type"):
            await verifier(site, fetch).verify(token)
        assert await verifier(site, fetch, takes_plain_type=True).verify(token)


@pytest.mark.parametrize(
    "typ", ["id_token+jwt", "logout+jwt", "dpop+jwt", "rt+jwt", "client-authentication+jwt", 5, []]
)
async def test_t1_t5_a_token_of_another_type_is_refused(typ: Any):
    async with outside() as (site, fetch):
        with pytest.raises(InvalidToken):
            await verifier(site, fetch, takes_plain_type=True).verify(forged({"alg": "ES256", "typ": typ}, CLAIMS))


def with_hmac(alg: str, secret: bytes, kid: str) -> str:
    unsigned = forged({"alg": alg, "typ": "at+jwt", "kid": kid}, CLAIMS).rsplit(".", 1)[0]
    signature = hmac.digest(secret, unsigned.encode(), hashlib.sha256)
    return f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", "HS256", "HS384", "HS512", "ES256K", "dir", "RSA1_5"])
async def test_t5_another_algorithm_is_refused(alg: str):
    async with outside() as (site, fetch):
        with pytest.raises(InvalidToken):
            await verifier(site, fetch).verify(forged({"alg": alg, "typ": "at+jwt", "kid": "ec"}, CLAIMS, b"x"))
        with pytest.raises(InvalidToken):
            await verifier(site, fetch).verify(forged({"alg": alg, "typ": "at+jwt", "kid": "ec"}, CLAIMS))


async def test_t5_a_public_key_is_no_shared_secret():
    secrets = (
        rsa_key().as_pem(),
        rsa_key().as_der(),
        json.dumps(rsa_key().as_dict(private=False)).encode(),
        str(rsa_key().as_dict(private=False)["n"]).encode(),
        b"",
    )
    async with outside() as (site, fetch):
        for secret in secrets:
            for alg in ("HS256", "RS256", "ES256"):
                with pytest.raises(InvalidToken):
                    await verifier(site, fetch).verify(with_hmac(alg, secret, "rsa"))


@pytest.mark.parametrize(
    "kid",
    [
        *("../../../../dev/null", "/etc/passwd", "' OR 1=1 --", "x' UNION SELECT 'secret", "http://127.0.0.1/jwks"),
        *("a" * 513, "\x00", "|id"),
        *(5, [], {"a": 1}, True),
    ],
)
async def test_t5_a_kid_is_only_compared(kid: Any):
    async with outside() as (site, fetch):
        with pytest.raises(InvalidToken):
            await verifier(site, fetch).verify(
                signed(CLAIMS, ec_key(), kid=kid)
                if isinstance(kid, str)
                else forged({"alg": "ES256", "typ": "at+jwt", "kid": kid}, CLAIMS, b"x")
            )

        assert set(site.asked) <= {"/jwks"}


async def test_t5_keys_that_a_token_brings_are_ignored():
    thief = ec_key("thief")
    async with outside() as (site, fetch):
        evil = site.put("/evil", public(thief))
        brought: dict[str, Any] = {"jku": evil, "x5u": evil, "jwk": thief.as_dict(private=False), "x5c": ["AAAA"]}
        for kid in ("thief", "ec", None):
            with pytest.raises(InvalidToken):
                await verifier(site, fetch).verify(signed(CLAIMS, thief, "ES256", kid=kid, **brought))
        assert await verifier(site, fetch).verify(signed(CLAIMS, ec_key(), "ES256", **brought))

        assert "/evil" not in site.asked


@pytest.mark.parametrize(
    "header", [{"crit": ["exp"], "exp": 1}, {"crit": []}, {"crit": 5}, {"crit": ["b64"], "b64": False}]
)
async def test_t5_a_token_that_demands_extensions_is_refused(header: dict[str, Any]):
    async with outside() as (site, fetch):
        with pytest.raises(InvalidToken, match="extensions"):
            await verifier(site, fetch).verify(forged({"alg": "ES256", "typ": "at+jwt", **header}, CLAIMS, b"x"))


async def test_t5_a_changed_or_truncated_token_is_refused():
    token = signed(CLAIMS, ec_key())
    head, payload, signature = token.split(".")
    other = forged({}, {**CLAIMS, "sub": "mallory"}).split(".")[1]
    async with outside() as (site, fetch):
        for bad in (
            *("", "x", ".", "..", "...", "a.b", f"{head}.{payload}", f"{head}.{payload}.", f"{head}..{signature}"),
            *(
                f"{head}.{other}.{signature}",
                f"{head}.{payload}.{signature[:-4]}",
                token + "A",
                token + "=",
                token + ".",
            ),
            *(f" {token}", f"{token}\n", token.replace(".", ".."), "a" * 20_000, f"{head}.{payload}.{signature}.x.y"),
            *("bm90anNvbg.e30.AAAA", "W10.e30.AAAA", "é.é.é"),
        ):
            with pytest.raises(InvalidToken):
                await verifier(site, fetch).verify(bad)


async def test_the_keys_are_found_by_the_issuers_metadata():
    async with outside() as (site, fetch):
        issuer = f"{site.origin}/tenant"
        jwks_uri = site.put("/keys", public(ec_key()))
        site.put("/tenant/.well-known/openid-configuration", {"issuer": issuer, "jwks_uri": jwks_uri})
        known = JwtVerifier(JwtIssuer(issuer, AUDIENCE), fetch, now=Clock())

        for _ in range(2):
            await known.verify(signed({**CLAIMS, "iss": issuer}, ec_key()))

        assert site.asked == [
            "/.well-known/oauth-authorization-server/tenant",
            "/.well-known/openid-configuration/tenant",
            "/tenant/.well-known/openid-configuration",
            "/keys",
        ]


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://other.example", "jwks_uri": "{origin}/keys"},
        {"issuer": "{origin}"},
        {"issuer": "{origin}", "jwks_uri": 5},
        {"issuer": "{origin}", "jwks_uri": "http://127.0.0.1:1/keys"},
        {"issuer": "{origin}", "jwks_uri": "file:///etc/passwd"},
        [],
    ],
)
async def test_metadata_of_another_issuer_or_without_keys_is_unavailable(metadata: Any):
    async with outside() as (site, fetch):
        body = json.dumps(metadata).replace("{origin}", site.origin).encode()
        site.put("/.well-known/oauth-authorization-server", body)
        site.put("/keys", public(ec_key()))
        known = JwtVerifier(JwtIssuer(site.origin, AUDIENCE), fetch, now=Clock())

        with pytest.raises(Unavailable):
            await known.verify(signed({**CLAIMS, "iss": site.origin}, ec_key()))


async def test_an_issuer_that_cannot_be_reached_is_no_reason_to_throw_a_token_away():
    async with outside() as (site, fetch):
        away = JwtIssuer(ISSUER, AUDIENCE, f"{site.origin}/nothing")
        with pytest.raises(Unavailable):
            await JwtVerifier(away, fetch, now=Clock()).verify(signed(CLAIMS, ec_key()))
