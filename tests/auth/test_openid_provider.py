"""Sign-in by an outside OpenID provider, against a small one on loopback."""

import base64
import dataclasses
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from plugwright.auth.kinds import OpenIdProvider
from plugwright.auth.server.openid_provider import OpenIdFailed, OpenIdIdentity, OpenIdSignIn, PendingSignIn
from plugwright.errors import Unavailable
from plugwright.upstream.safe_fetch import SafeFetch
from tests.auth.openid import CALLBACK, CLIENT_ID, CLIENT_SECRET, Provider, provider
from tests.auth.outside import NOW, ec_key, rsa_key
from tests.upstream.servers import reply


async def round_trip(there: Provider, sign_in: OpenIdSignIn) -> OpenIdIdentity:
    url, pending = await sign_in.begin()
    return await sign_in.finish(pending, there.sign_in(url))


async def test_who_signs_in_at_the_provider_is_known_by_issuer_and_subject():
    async with provider() as (there, sign_in):
        identity = await round_trip(there, sign_in)

        assert identity == OpenIdIdentity(there.issuer, "248289761001", "Jane Doe", "jane@example.com", True)


async def test_the_request_has_state_nonce_and_pkce_and_each_is_new():
    async with provider(scopes=("email",)) as (there, sign_in):
        urls = [(await sign_in.begin())[0] for _ in range(2)]

    requests = [dict(parse_qsl(urlsplit(url).query)) for url in urls]
    assert urls[0].startswith(f"{there.issuer}/authorize?tenant=1&")
    assert (
        requests[0].items()
        >= {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": CALLBACK,
            "scope": "openid email",
            "code_challenge_method": "S256",
        }.items()
    )
    for name in ("state", "nonce", "code_challenge"):
        assert len(requests[0][name]) >= 43
        assert requests[0][name] != requests[1][name]


async def test_the_verifier_and_the_secret_go_to_the_token_endpoint_only():
    async with provider() as (there, sign_in):
        url, pending = await sign_in.begin()
        await sign_in.finish(pending, there.sign_in(url))

        assert pending.code_verifier not in url
        assert CLIENT_SECRET not in url
        assert there.form == {
            "grant_type": "authorization_code",
            "code": "code-0",
            "redirect_uri": CALLBACK,
            "code_verifier": pending.code_verifier,
        }
        basic = base64.b64encode(b"plugin%3A1:s3cret%2B%2F")
        assert b"\r\nAuthorization: Basic " + basic + b"\r\n" in there.server.requests[1]
    assert pending.state not in repr(pending)
    assert pending.code_verifier not in repr(pending)


async def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there():
    async with provider() as (there, sign_in):
        there.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
        await round_trip(there, sign_in)

        assert (there.form["client_id"], there.form["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)
        assert b"uthorization" not in there.server.requests[1]


async def test_a_client_without_a_secret_relies_on_pkce():
    async with provider() as (there, _):
        fetch = SafeFetch([there.issuer])
        public_client = OpenIdSignIn(
            OpenIdProvider(there.issuer, "Example Corp"),
            client_id=CLIENT_ID,
            client_secret="",
            redirect_uri=CALLBACK,
            fetch=fetch,
            now=lambda: NOW,
        )
        assert (await round_trip(there, public_client)).subject == "248289761001"
        await fetch.aclose()

        assert there.form["client_id"] == CLIENT_ID
        assert "client_secret" not in there.form


@pytest.mark.parametrize(
    "claims",
    [
        *({"iss": "https://other.example"}, {"iss": None}, {"sub": None}, {"sub": ""}, {"sub": 5}),
        *({"aud": "another"}, {"aud": None}, {"aud": []}, {"aud": [CLIENT_ID, "another"]}),
        *({"aud": [CLIENT_ID, "another"], "azp": "another"}, {"azp": "another"}, {"azp": 5}),
        *({"nonce": None}, {"nonce": "another"}, {"nonce": ""}, {"nonce": 5}),
        *({"exp": None}, {"exp": NOW - 60}, {"exp": "x"}, {"iat": None}, {"iat": NOW + 61}, {"nbf": NOW + 61}),
    ],
)
async def test_an_id_token_with_a_wrong_or_missing_claim_signs_nobody_in(claims: dict[str, Any]):
    async with provider() as (there, sign_in):
        there.claims = claims
        with pytest.raises(OpenIdFailed):
            await round_trip(there, sign_in)


@pytest.mark.parametrize(
    "claims",
    [{"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID}, {"aud": [CLIENT_ID]}, {"azp": CLIENT_ID}, {"at_hash": "x"}],
)
async def test_an_id_token_of_another_good_form_signs_in(claims: dict[str, Any]):
    async with provider() as (there, sign_in):
        there.claims = claims
        assert await round_trip(there, sign_in)


@pytest.mark.parametrize(
    ("key", "alg", "header"),
    [
        *((ec_key("stranger"), "ES256", {}), (ec_key("stranger"), "ES256", {"kid": "ec"}), (rsa_key(), "RS256", {})),
        *((ec_key(), "ES256", {"typ": "at+jwt"}), (ec_key(), "ES256", {"crit": ["x"], "x": 1})),
    ],
)
async def test_an_id_token_that_the_provider_did_not_sign_as_one_is_refused(key: Any, alg: str, header: dict[str, Any]):
    async with provider() as (there, sign_in):
        there.key, there.alg, there.header = key, alg, header
        with pytest.raises(OpenIdFailed):
            await round_trip(there, sign_in)


@pytest.mark.parametrize(
    ("claims", "name", "email", "verified"),
    [
        ({"name": None, "preferred_username": "jane"}, "jane", "jane@example.com", True),
        ({"name": 5, "email": ["x"], "email_verified": "true"}, None, None, False),
        ({"name": "a\nb", "email": "a" * 321, "email_verified": 1}, None, None, False),
        ({"name": "  ", "email": None, "email_verified": None}, None, None, False),
    ],
)
async def test_what_cannot_be_shown_is_left_out(
    claims: dict[str, Any], name: str | None, email: str | None, verified: bool
):
    async with provider() as (there, sign_in):
        there.claims = claims
        identity = await round_trip(there, sign_in)

    assert (identity.name, identity.email, identity.email_verified) == (name, email, verified)


def changed(query: list[tuple[str, str]], **changes: str | None) -> list[tuple[str, str]]:
    return [(name, value) for name, value in {**dict(query), **changes}.items() if value is not None]


@pytest.mark.parametrize(
    "changes",
    [
        *({"state": "x"}, {"state": None}, {"state": ""}, {"state": "\udc80é"}),
        *(
            {"iss": "https://other.example"},
            {"code": None},
            {"code": ""},
            {"code": "invented"},
            {"error": "server_error"},
        ),
    ],
)
async def test_an_answer_to_another_request_signs_nobody_in(changes: dict[str, str | None]):
    async with provider() as (there, sign_in):
        url, pending = await sign_in.begin()
        with pytest.raises(OpenIdFailed):
            await sign_in.finish(pending, changed(there.sign_in(url), **changes))


async def test_a_provider_that_promises_to_name_itself_has_to():
    async with provider() as (there, sign_in):
        url, pending = await sign_in.begin()
        assert await sign_in.finish(pending, changed(there.sign_in(url), iss=None))

    async with provider() as (there, sign_in):
        there.metadata = {"authorization_response_iss_parameter_supported": True}
        url, pending = await sign_in.begin()
        with pytest.raises(OpenIdFailed):
            await sign_in.finish(pending, changed(there.sign_in(url), iss=None))


@pytest.mark.parametrize("name", ["state", "code", "iss"])
async def test_a_repeated_parameter_signs_nobody_in(name: str):
    async with provider() as (there, sign_in):
        url, pending = await sign_in.begin()
        query = there.sign_in(url)
        with pytest.raises(OpenIdFailed, match="repeats"):
            await sign_in.finish(pending, [*query, (name, dict(query)[name])])


async def test_a_code_of_another_sign_in_does_not_fit_the_verifier_and_the_nonce():
    async with provider() as (there, sign_in):
        url, _ = await sign_in.begin()
        stolen = dict(there.sign_in(url))["code"]
        other_url, pending = await sign_in.begin()
        with pytest.raises(OpenIdFailed, match="does not take the code"):
            await sign_in.finish(pending, changed(there.sign_in(other_url), code=stolen))

        url, first = await sign_in.begin()
        mixed = dataclasses.replace(pending, state=first.state, code_verifier=first.code_verifier)
        with pytest.raises(OpenIdFailed, match="nonce"):
            await sign_in.finish(mixed, there.sign_in(url))


async def test_a_person_who_declines_is_told_apart_from_a_failure():
    async with provider() as (_, sign_in):
        _, pending = await sign_in.begin()
        for error, is_declined in (("access_denied", True), ("<script>", False)):
            with pytest.raises(OpenIdFailed) as failed:
                await sign_in.finish(pending, [("error", error), ("state", pending.state)])
            assert failed.value.is_declined is is_declined
            assert "script" not in str(failed.value)


@pytest.mark.parametrize(
    "answer",
    [
        *(reply(b"{}", status="500 Oops"), reply(b'{"error": "invalid_client"}', status="401 Unauthorized")),
        *(reply(b'{"error": "invalid_request"}', status="400 Bad Request"), reply(b"{}"), reply(b"[]"), reply(b"x")),
        *(reply(b'{"id_token": 5}'), reply(b"<html>", media_type="text/html"), reply(b"", status="302 Found")),
    ],
)
async def test_a_provider_that_does_not_answer_as_it_should_is_unavailable(answer: bytes):
    async with provider() as (there, sign_in):
        there.token_reply = answer
        with pytest.raises(Unavailable):
            await round_trip(there, sign_in)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://other.example"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://other.example/authorize"},
        {"token_endpoint": "http://169.254.169.254/latest"},
        {"token_endpoint": "https://localhost/token"},
        {"jwks_uri": "file:///etc/passwd"},
    ],
)
async def test_metadata_that_leads_elsewhere_is_unavailable(metadata: dict[str, Any]):
    async with provider() as (there, sign_in):
        there.metadata = metadata
        with pytest.raises(Unavailable):
            await round_trip(there, sign_in)


async def test_what_is_kept_for_the_way_back_is_three_texts():
    async with provider() as (_, sign_in):
        _, pending = await sign_in.begin()

    assert PendingSignIn(**dataclasses.asdict(pending)) == pending
    assert all(isinstance(value, str) for value in dataclasses.asdict(pending).values())
