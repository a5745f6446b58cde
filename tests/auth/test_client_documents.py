"""Client ID metadata documents: attacks G4 to G6."""

import asyncio
import json
from typing import Any

import pytest

from plugwright.auth.server.client_documents import ClientDocuments, DocumentRefused, read_document
from plugwright.errors import Unavailable
from plugwright.upstream.safe_fetch import SafeFetch
from tests.auth.outside import Clock, ec_key, outside, public, rsa_key
from tests.upstream.servers import reply, serving

URL = "https://client.example/client.json"
PUBLIC: dict[str, Any] = {
    "client_id": URL,
    "client_name": "Client",
    "redirect_uris": ["https://client.example/callback"],
    "token_endpoint_auth_method": "none",
}
CHATGPT: dict[str, Any] = {
    "client_id": "https://chatgpt.com/oauth/client.json",
    "client_name": "ChatGPT",
    "client_uri": "https://chatgpt.com/",
    "redirect_uris": ["https://chatgpt.com/connector_platform_oauth_redirect"],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
    "token_endpoint_auth_method": "private_key_jwt",
    "token_endpoint_auth_signing_alg": "RS256",
    "jwks_uri": "https://chatgpt.com/oauth/jwks.json",
}


def test_the_document_of_chatgpt_is_read_as_it_is_meant():
    document = read_document(CHATGPT["client_id"], CHATGPT)

    assert document.client_id == "https://chatgpt.com/oauth/client.json"
    assert document.client_name == "ChatGPT"
    assert document.client_uri == "https://chatgpt.com/"
    assert document.redirect_uris == ("https://chatgpt.com/connector_platform_oauth_redirect",)
    assert document.auth_method == "private_key_jwt"
    assert (document.jwks, document.jwks_uri) == (None, "https://chatgpt.com/oauth/jwks.json")
    assert document.signing_alg == "RS256"


METHODS = "token_endpoint_auth_methods_supported"
METHOD = "token_endpoint_auth_method"


@pytest.mark.parametrize(
    ("members", "method"),
    [
        ({METHOD: "none"}, "none"),
        ({}, "none"),
        ({METHODS: ["none", "client_secret_basic"]}, "none"),
        ({METHODS: ["none", "private_key_jwt"], METHOD: "none"}, "none"),
        ({METHODS: ["none", "private_key_jwt"]}, "none"),
        ({METHODS: ["none", "private_key_jwt"], "jwks": public(ec_key())}, "private_key_jwt"),
        ({METHODS: ["none", "private_key_jwt"], METHOD: "none", "jwks": public(ec_key())}, "none"),
        ({"jwks": public(ec_key())}, "private_key_jwt"),
        ({METHOD: "private_key_jwt", "jwks": public(ec_key())}, "private_key_jwt"),
    ],
)
def test_the_method_is_one_of_both_sides_and_the_named_one_wins(members: dict[str, Any], method: str):
    document = {name: value for name, value in PUBLIC.items() if name != METHOD}

    assert read_document(URL, {**document, **members}).auth_method == method


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": URL + "/"},
        {"client_id": "https://CLIENT.example/client.json"},
        {"client_id": "https://other.example/client.json"},
        {"client_id": None},
        {"client_id": [URL]},
        {"client_secret": "s"},
        {"client_secret": None},
        {"client_secret_expires_at": 0},
        {METHOD: "client_secret_basic"},
        {METHOD: "client_secret_post"},
        {METHOD: "client_secret_jwt"},
        {METHOD: "tls_client_auth"},
        {METHOD: "private_key_jwt"},
        {METHOD: ["none"]},
        {METHOD: 5},
        {METHODS: ["client_secret_basic"]},
        {METHODS: ["private_key_jwt"], "jwks": public(ec_key())},
        {METHODS: [], METHOD: "none"},
        {METHODS: "none"},
        {METHODS: None, METHOD: None},
        {"jwks": {"keys": [ec_key().as_dict(private=True)]}},
        {"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}},
        {"jwks": {"keys": []}},
        {"jwks": "x"},
        {"jwks": public(ec_key()), "jwks_uri": "https://client.example/jwks"},
        {"jwks_uri": 5},
        {"token_endpoint_auth_signing_alg": "HS256"},
        {"token_endpoint_auth_signing_alg": "none"},
        {"token_endpoint_auth_signing_alg": ["RS256"]},
        {"redirect_uris": None},
        {"redirect_uris": []},
        {"redirect_uris": "https://client.example/callback"},
        {"redirect_uris": ["https://client.example/callback", "http://client.example/callback"]},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": [5]},
        {"redirect_uris": [["https://client.example/callback"]]},
        {"redirect_uris": [f"https://client.example/{number}" for number in range(21)]},
        {"grant_types": ["client_credentials"]},
        {"grant_types": "authorization_code"},
        {"response_types": ["token"]},
        {"client_name": "a" * 201},
        {"client_name": ""},
        {"client_name": "  "},
        {"client_name": 5},
        {"client_name": "a\r\nb"},
        {"client_name": "\u202eTPGtahC"},
    ],
)
def test_g5_a_document_against_the_rules_is_refused(changes: dict[str, Any]):
    with pytest.raises(DocumentRefused):
        read_document(URL, {**PUBLIC, **changes})


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://client.example/", "https://client.example/"),
        ("https://client.example", "https://client.example"),
        ("https://bank.example/", None),
        ("https://client.example.evil.example/", None),
        ("http://client.example/", None),
        ("javascript:alert(1)", None),
        ("https://client.example/\n", None),
        (5, None),
    ],
)
def test_only_a_page_of_the_clients_own_host_is_told(uri: Any, shown: str | None):
    assert read_document(URL, {**PUBLIC, "client_uri": uri}).client_uri == shown


def test_a_client_without_a_name_is_called_by_its_host():
    assert (
        read_document(URL, {name: PUBLIC[name] for name in ("client_id", "redirect_uris")}).client_name
        == "client.example"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": ["https://client.example/other"]},
        {"redirect_uris": ["https://client.example/callback", "https://client.example/other"]},
        {"jwks": public(ec_key())},
        {"jwks_uri": "https://client.example/jwks"},
        {"token_endpoint_auth_signing_alg": "ES256"},
    ],
)
def test_g6_the_digest_changes_with_keys_and_redirects(changes: dict[str, Any]):
    assert read_document(URL, {**PUBLIC, **changes}).digest != read_document(URL, PUBLIC).digest


def test_g6_the_digest_changes_with_a_key_and_not_with_a_name():
    keyed = {**PUBLIC, METHOD: "private_key_jwt"}
    first = read_document(URL, {**keyed, "jwks": public(ec_key())}).digest

    assert read_document(URL, {**keyed, "jwks": public(rsa_key())}).digest != first
    assert read_document(URL, {**keyed, "jwks": public(ec_key()), "client_name": "New"}).digest == first


@pytest.mark.parametrize(
    "client_id",
    [
        *("https://client.example", "https://client.example/a?b", "https://client.example/a#b", "https://127.0.0.1/a"),
        *("https://user@client.example/a", "https://client.example/../a", "https://client.example/%2e%2e/a"),
        *("https://localhost/a", "https://2130706433/a", "https://[::ffff:127.0.0.1]/a", "https://169.254.169.254/a"),
        *("https://client.example:22/a", "https://client.example\\a", "https://client.example/" + "a" * 500),
    ],
)
async def test_g4_a_client_id_that_could_lead_inside_is_never_resolved(client_id: str):
    async def resolve(host: str, port: int) -> list[str]:
        raise AssertionError(f"{host} was looked up")

    documents = ClientDocuments(SafeFetch(resolve=resolve))

    assert documents.handles(client_id)
    with pytest.raises(DocumentRefused):
        await documents.load(client_id)


@pytest.mark.parametrize(
    "client_id", ["c_0123", "http://client.example/a", "", "HTTPS://client.example/a", "urn:x", "ftp://a"]
)
def test_other_client_ids_have_no_document(client_id: str):
    assert not ClientDocuments(SafeFetch()).handles(client_id)


async def test_a_document_is_kept_as_long_as_its_server_says():
    clock = Clock()
    async with outside() as (site, fetch):
        url = f"{site.origin}/client.json"
        site.put("/client.json", {**PUBLIC, "client_id": url}, more="Cache-Control: max-age=999999\r\n")
        documents = ClientDocuments(fetch, now=clock)

        assert documents.handles(url)
        first = await documents.load(url)
        clock.time += 86_399
        assert await documents.load(url) is first
        assert len(site.asked) == 1
        clock.time += 1
        assert await documents.load(url) == first
        assert len(site.asked) == 2


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (PUBLIC, "404 Not Found", DocumentRefused),
        (PUBLIC, "302 Found", DocumentRefused),
        (PUBLIC, "503 Unavailable", Unavailable),
        (b"{", "200 OK", DocumentRefused),
        (b"[]", "200 OK", DocumentRefused),
        (b"[" * 5000, "200 OK", DocumentRefused),
        (b"\xff\xfe", "200 OK", DocumentRefused),
        (b'{"x": "\\u0000"}', "200 OK", DocumentRefused),
        (b'{"x": "\\ud800"}', "200 OK", DocumentRefused),
        (PUBLIC, "200 OK", DocumentRefused),
        (b" " * 5121, "200 OK", DocumentRefused),
    ],
)
async def test_g5_an_error_is_never_kept(body: Any, status: str, error: type[Exception]):
    async with outside() as (site, fetch):
        url = f"{site.origin}/client.json"
        documents = ClientDocuments(fetch, now=Clock())
        site.put("/client.json", body, status=status, more="Cache-Control: max-age=86400\r\n")

        with pytest.raises(error):
            await documents.load(url)
        site.put("/client.json", {**PUBLIC, "client_id": url})
        assert (await documents.load(url)).client_id == url


async def test_g5_a_document_of_another_type_is_refused():
    data = reply(json.dumps(PUBLIC).encode(), media_type="text/html")

    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    async with serving(answer) as server:
        fetch = SafeFetch([server.origin])
        with pytest.raises(DocumentRefused, match="not of type application/json"):
            await ClientDocuments(fetch).load(f"{server.origin}/client.json")
        await fetch.aclose()


async def test_g4_the_keys_of_a_document_must_not_lead_inside_either():
    async with outside() as (site, fetch):
        url = f"{site.origin}/client.json"
        for jwks_uri in ("https://127.0.0.1/jwks", "http://client.example/jwks", "https://metadata.google.internal/"):
            members = {**PUBLIC, "client_id": url, METHOD: "private_key_jwt", "jwks_uri": jwks_uri}
            site.put("/client.json", members)
            with pytest.raises(DocumentRefused, match="jwks_uri"):
                await ClientDocuments(fetch).load(url)


async def test_g5_many_who_name_one_client_fetch_its_document_once():
    async with outside() as (site, fetch):
        url = f"{site.origin}/client.json"
        site.put("/client.json", {**PUBLIC, "client_id": url})
        documents = ClientDocuments(fetch)

        await asyncio.gather(*(documents.load(url) for _ in range(50)))

        assert len(site.asked) == 1
