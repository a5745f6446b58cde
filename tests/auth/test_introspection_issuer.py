"""Tokens that an outside authorization server is asked about: RFC 7662, attack T1."""

import base64
from typing import Any

import pytest

from plugwright.auth.issuers import IntrospectionVerifier
from plugwright.auth.kinds import IntrospectionIssuer
from plugwright.errors import InvalidToken, Unavailable
from plugwright.principal import Principal
from plugwright.upstream.safe_fetch import SafeFetch
from tests.auth.outside import NOW, Clock, Site, outside

ISSUER = "https://issuer.example"
AUDIENCE = "https://plugin.example/mcp"
ACTIVE: dict[str, Any] = {
    "active": True,
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "alice",
    "exp": NOW + 300,
    "client_id": "client",
    "scope": "a b",
}


def asking(site: Site, fetch: SafeFetch) -> IntrospectionVerifier:
    issuer = IntrospectionIssuer(ISSUER, AUDIENCE, f"{site.origin}/introspect")
    return IntrospectionVerifier(issuer, "plugin:1", "s3cr%t ü", fetch, now=Clock())


async def test_an_active_token_stands_for_its_subject():
    async with outside() as (site, fetch):
        site.put("/introspect", ACTIVE)
        verified = await asking(site, fetch).verify("to+ken")

    assert verified.principal == Principal("alice", "client", frozenset({"a", "b"}))
    assert verified.expires_at == NOW + 360
    assert site.server.bodies == [b"token=to%2Bken&token_type_hint=access_token"]
    expected = base64.b64encode(b"plugin%3A1:s3cr%25t+%C3%BC")
    assert b"\r\nAuthorization: Basic " + expected + b"\r\n" in site.server.requests[0]


async def test_issuer_and_expiry_may_be_absent_from_the_answer_but_not_the_audience():
    short = {"active": True, "sub": "alice", "aud": [AUDIENCE]}
    async with outside() as (site, fetch):
        site.put("/introspect", short)
        verified = await asking(site, fetch).verify("token")

    assert verified.principal == Principal("alice")
    assert verified.expires_at is None


@pytest.mark.parametrize(
    "changes",
    [
        *({"active": False}, {"active": "true"}, {"active": 1}, {"active": None}),
        *({"aud": "https://other.example"}, {"aud": None}, {"iss": "https://other.example"}, {"exp": NOW - 60}),
        *({"nbf": NOW + 61}, {"sub": None}, {"token_type": "refresh_token"}, {"token_type": "DPoP"}),
        {"cnf": {"jkt": "x"}},
    ],
)
async def test_t1_a_token_that_is_inactive_or_meant_for_something_else_is_refused(changes: dict[str, Any]):
    answer = {name: value for name, value in {**ACTIVE, **changes}.items() if value is not None}
    async with outside() as (site, fetch):
        site.put("/introspect", answer)
        with pytest.raises(InvalidToken):
            await asking(site, fetch).verify("token")


@pytest.mark.parametrize("token", ["", "a b", "a\r\nb", "é", "a" * 20_000, "a=b"])
async def test_what_cannot_be_a_token_is_not_asked_about(token: str):
    async with outside() as (site, fetch):
        with pytest.raises(InvalidToken):
            await asking(site, fetch).verify(token)

        assert site.asked == []


@pytest.mark.parametrize(
    ("body", "status"),
    [(ACTIVE, "401 Unauthorized"), (ACTIVE, "500 Oops"), (b"x", "200 OK"), ([], "200 OK"), (ACTIVE, "307 Elsewhere")],
)
async def test_an_issuer_that_does_not_answer_as_it_should_is_unavailable(body: Any, status: str):
    async with outside() as (site, fetch):
        site.put("/introspect", body, status=status)
        with pytest.raises(Unavailable):
            await asking(site, fetch).verify("token")
