"""Documents that are built once: caching, conditional requests, and independence of what a request says."""

import pytest

from plugwright.settings import Settings
from plugwright.testing import Client
from tests.web.plugins import LOGO, new_plugin
from tests.web.requests import send_raw

KINDS = {
    "/": "text/html; charset=utf-8",
    "/openapi.json": "application/json",
    "/openapi.yaml": "application/yaml",
    "/.well-known/ai-plugin.json": "application/json",
    "/logo.png": "image/png",
}


@pytest.mark.parametrize(("path", "kind"), KINDS.items())
async def test_a_document_says_what_it_is_and_how_long_it_keeps(path: str, kind: str) -> None:
    async with Client(new_plugin()) as client:
        reply = await client.get(path)

    assert reply.status == 200
    assert reply.headers["content-type"] == kind
    assert reply.headers["cache-control"].startswith("public, max-age=")
    assert reply.headers["etag"].startswith('"')
    assert reply.headers["etag"].endswith('"')
    assert reply.headers["content-length"] == str(len(reply.body))
    assert reply.headers["vary"] == "Origin"


@pytest.mark.parametrize("path", KINDS)
async def test_who_has_a_document_already_does_not_get_it_again(path: str) -> None:
    async with Client(new_plugin()) as client:
        first = await client.get(path)
        tag = first.headers["etag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}', f'"other",W/{tag} ,"more"', "*"):
            for method in ("GET", "HEAD"):
                reply = await client.request(method, path, headers={"if-none-match": known})
                assert reply.status == 304
                assert reply.body == b""
                assert reply.headers["etag"] == tag
                assert reply.headers["cache-control"] == first.headers["cache-control"]
                assert reply.headers["vary"] == "Origin"


@pytest.mark.parametrize("known", ['"other"', "", "W/", '"', "x" * 10_000])
async def test_who_has_another_version_gets_the_document(known: str) -> None:
    async with Client(new_plugin()) as client:
        reply = await client.get("/openapi.json", headers={"if-none-match": known})

    assert reply.status == 200


async def test_the_same_plugin_has_the_same_tags_in_every_process_and_another_plugin_others() -> None:
    async with Client(new_plugin()) as one, Client(new_plugin()) as two, Client(new_plugin(title="Other")) as other:
        for path in ("/openapi.json", "/openapi.yaml", "/.well-known/ai-plugin.json", "/"):
            tags = [(await client.get(path)).headers["etag"] for client in (one, two, other)]
            assert tags[0] == tags[1] != tags[2]


async def test_each_version_of_a_document_has_its_own_tag() -> None:
    async with Client(new_plugin()) as client:
        usual = await client.get("/openapi.json")
        old = await client.get("/openapi.json?version=3.0")
        again = await client.get("/openapi.json?version=3.0", headers={"if-none-match": usual.headers["etag"]})

    assert old.headers["etag"] != usual.headers["etag"]
    assert again.status == 200
    assert again.body == old.body


async def test_head_tells_the_length_of_a_document() -> None:
    async with Client(new_plugin()) as client:
        got = await client.get("/openapi.json")
        head = await client.request("HEAD", "/openapi.json")

    assert head.headers == got.headers


async def test_whether_the_server_lives_is_never_cached() -> None:
    async with Client(new_plugin()) as client:
        reply = await client.get("/livez")

    assert (reply.status, reply.text.strip()) == (200, "ok")
    assert reply.headers["cache-control"] == "no-store"


async def test_the_logo_is_the_file() -> None:
    async with Client(new_plugin()) as client:
        for path in ("/logo.png", "/favicon.ico"):
            reply = await client.get(path)
            assert (reply.body, reply.headers["content-type"]) == (LOGO.read_bytes(), "image/png")


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi.yaml", "/.well-known/ai-plugin.json", "/"])
async def test_no_header_of_a_request_gets_into_a_document(path: str) -> None:
    settings = Settings(public_url="https://plugin.example", allowed_hosts=("127.0.0.1:8000",))
    hostile = [
        (b"x-forwarded-host", b"evil.example"),
        (b"x-forwarded-proto", b"gopher"),
        (b"forwarded", b"host=evil.example"),
        (b"origin", b"https://evil.example"),
    ]
    async with Client(new_plugin(), settings) as client:
        usual = await client.get(path)
        reply = await send_raw(client.app, "GET", path, headers=hostile, query=b"host=evil.example")

    assert reply.body == usual.body
    assert b"https://plugin.example" in reply.body
    assert b"evil" not in reply.body
    assert not any(b"evil" in value for _, value in reply.messages[0]["headers"])


async def test_a_document_is_served_whatever_the_accept_header_says() -> None:
    async with Client(new_plugin()) as client:
        assert (await client.get("/openapi.json", headers={"accept": "text/html"})).status == 200
