"""Compression: what a client wants, and the documents, whose forms are made once."""

from __future__ import annotations

import asyncio
import random
import threading
from pathlib import Path

import pytest

from plugwright import OAuth
from plugwright.settings import Settings
from plugwright.testing import Client
from plugwright.web import compression
from plugwright.web.codings import CODINGS, Coding, wanted_coding
from plugwright.web.compression import Compressor, Forms
from tests.auth.tokens import settings_in
from tests.web.decoding import DECODERS, decoded, varies_by
from tests.web.plugins import new_plugin
from tests.web.requests import send_raw

LONG = ("/", "/openapi.json", "/openapi.yaml", "/openapi.json?version=3.0")


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        (None, None),
        (b"", None),
        (b"gzip", b"gzip"),
        (b"x-gzip", b"gzip"),
        (b"GZIP", b"gzip"),
        (b"gzip, deflate, br, zstd", b"zstd"),
        (b"gzip, deflate, br", b"br"),
        (b"br;q=0.5, gzip;q=0.9", b"gzip"),
        (b"zstd;q=0, br ; Q=0.8,gzip;q=0.8", b"br"),
        (b"deflate, compress", None),
        (b"*", b"zstd"),
        (b"*;q=0", None),
        (b"zstd;q=0, *;q=0.1", b"br"),
        (b"gzip, *;q=0", b"gzip"),
        (b"identity", None),
        (b"identity, gzip;q=0.5", None),
        (b"identity;q=0.5, gzip", b"gzip"),
        (b"identity;q=0, gzip;q=0.001", b"gzip"),
        (b"identity;q=0", None),
        (b"identity;q=0, *", b"zstd"),
        (b"gzip;q=0.000", None),
        (b"gzip;q=1.000", b"gzip"),
        (b"gzip;q=2, br;q=nan, zstd;q=", None),
        (b"gzip;q=-1", None),
        (b"gzip;level=9;q=0.4", b"gzip"),
        (b",,;;=,\xff", None),
        (b"gzip," * 200, None),
    ],
)
def test_a_client_gets_the_coding_that_it_wants_most(header: bytes | None, coding: bytes | None) -> None:
    wanted = wanted_coding(header)

    assert (wanted and wanted.name) == coding


@pytest.mark.parametrize("coding", CODINGS, ids=lambda coding: coding.name.decode())
def test_every_form_is_what_its_name_says(coding: Coding) -> None:
    body = b'{"place":"here","unit":"C"},' * 100

    for form in (coding.fast(body), coding.dense(body)):
        assert len(form) < len(body) / 5
        assert DECODERS[coding.name.decode()](form) == body


@pytest.mark.parametrize("path", LONG)
@pytest.mark.parametrize("coding", DECODERS)
async def test_a_document_is_compressed_for_who_takes_that(path: str, coding: str) -> None:
    async with Client(new_plugin()) as client:
        plain = await client.get(path)
        reply = await client.get(path, headers={"accept-encoding": coding})
        head = await client.request("HEAD", path, headers={"accept-encoding": coding})

    assert "content-encoding" not in plain.headers
    assert reply.headers["content-encoding"] == coding
    assert reply.headers["content-type"] == plain.headers["content-type"]
    assert decoded(reply) == plain.body
    assert len(reply.body) < len(plain.body)
    assert head.headers == reply.headers


async def test_each_form_of_a_document_has_its_own_tag_and_is_known_by_it() -> None:
    async with Client(new_plugin()) as client:
        plain = await client.get("/openapi.json")
        tags = {plain.headers["etag"]}
        for coding in DECODERS:
            wants = {"accept-encoding": coding}
            tag = (await client.get("/openapi.json", headers=wants)).headers["etag"]
            tags.add(tag)
            known = await client.get("/openapi.json", headers=wants | {"if-none-match": f"W/{tag}"})
            other = await client.get("/openapi.json", headers=wants | {"if-none-match": plain.headers["etag"]})
            assert (known.status, known.body, known.headers["etag"]) == (304, b"", tag)
            assert "content-encoding" not in known.headers
            assert (other.status, decoded(other)) == (200, plain.body)

    assert len(tags) == 4


async def test_caches_on_the_way_tell_the_forms_apart() -> None:
    async with Client(new_plugin()) as client:
        tag = (await client.get("/openapi.json")).headers["etag"]
        both = {"Origin", "Accept-Encoding"}
        assert await varies_by(client, "/openapi.json") == both
        assert await varies_by(client, "/openapi.json", accept_encoding="br") == both
        assert await varies_by(client, "/openapi.json", if_none_match=tag) == both
        assert await varies_by(client, "/logo.png", accept_encoding="br") == {"Origin"}
        assert await varies_by(client, "/livez", accept_encoding="br") == {"Origin"}


@pytest.mark.parametrize("path", ["/livez", "/logo.png", "/.well-known/ai-plugin.json"])
async def test_what_is_short_or_a_picture_is_sent_as_it_is(path: str) -> None:
    async with Client(new_plugin()) as client:
        reply = await client.get(path, headers={"accept-encoding": "gzip, br, zstd"})

    assert reply.status == 200
    assert "content-encoding" not in reply.headers


async def test_repeated_headers_are_one_list() -> None:
    headers = [(b"accept-encoding", b"gzip;q=0.5"), (b"accept-encoding", b"zstd;q=0.1")]
    async with Client(new_plugin()) as client:
        reply = await send_raw(client.app, "GET", "/openapi.json", headers=headers)

    assert (b"content-encoding", b"gzip") in reply.messages[0]["headers"]


async def test_nothing_is_compressed_where_the_operator_does_not_want_it() -> None:
    settings = Settings(public_url="http://127.0.0.1:8000", compression=False)
    async with Client(new_plugin(), settings) as client:
        reply = await client.get("/openapi.json", headers={"accept-encoding": "gzip"})
        varies = await varies_by(client, "/openapi.json", accept_encoding="gzip")

    assert "content-encoding" not in reply.headers
    assert varies == {"Origin"}


async def test_metadata_is_compressed_and_the_pages_of_sign_in_are_not(tmp_path: Path) -> None:
    path = "/.well-known/oauth-authorization-server"
    wants = {"accept-encoding": "br"}
    async with Client(new_plugin(auth=OAuth(scopes={"read": "Read"})), settings_in(tmp_path)) as client:
        plain = await client.get(path)
        replies = [await client.get(path, headers=wants) for _ in range(2)]
        varies = await varies_by(client, path)
        missing = await client.get(path.replace("server", "servers"), headers=wants)
        preflight = await client.request("OPTIONS", path, headers=wants)
        page = await client.get("/oauth/authorize", headers=wants)

    assert [decoded(reply) for reply in replies] == [plain.body] * 2
    assert [reply.headers["content-encoding"] for reply in replies] == ["br"] * 2
    assert replies[0].headers["access-control-allow-origin"] == "*"
    assert varies == {"Accept-Encoding"}
    assert (missing.status, preflight.status) == (404, 204)
    assert len(page.body) > 1024
    assert "content-encoding" not in page.headers


def counting_coding(gate: threading.Event | None = None) -> tuple[Coding, list[str]]:
    """A coding that notes in which threads it works, and waits for a gate."""
    seen: list[str] = []

    def encode(body: bytes) -> bytes:
        seen.append(threading.current_thread().name)
        if gate is not None:
            assert gate.wait(10)
        return body[:10]

    return Coding(b"gzip", encode, encode), seen


def always(monkeypatch: pytest.MonkeyPatch, coding: Coding) -> None:
    """Let every client want this coding."""

    def wanted(_: bytes | None) -> Coding:
        return coding

    monkeypatch.setattr(compression, "wanted_coding", wanted)


@pytest.fixture
def compressor() -> Compressor:
    return Compressor()


async def test_a_form_is_made_once_in_a_thread_for_all_who_wait_and_who_leaves_disturbs_nobody(
    compressor: Compressor, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    coding, seen = counting_coding(gate)
    always(monkeypatch, coding)
    forms: Forms = {}
    waiting = [asyncio.create_task(compressor.document(b"x" * 5000, b"gzip", forms)) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    gate.set()
    replies = await asyncio.gather(*waiting, return_exceptions=True)
    again = await compressor.document(b"x" * 5000, b"gzip", forms)
    compressor.close()

    assert isinstance(replies[0], asyncio.CancelledError)
    assert [*replies[1:], again] == [(coding, b"x" * 10)] * 5
    assert len(seen) == 1
    assert seen[0].startswith("plugwright-compression")


async def test_the_event_loop_compresses_only_what_is_quick(
    compressor: Compressor, monkeypatch: pytest.MonkeyPatch
) -> None:
    coding, seen = counting_coding()
    always(monkeypatch, coding)
    await compressor.reply(b"x" * 65_536, b"gzip")
    await compressor.reply(b"x" * 65_537, b"gzip")
    compressor.close()

    assert seen[0] == threading.current_thread().name
    assert seen[1].startswith("plugwright-compression")


async def test_when_the_threads_are_full_or_ended_large_replies_go_as_they_are(
    compressor: Compressor, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    coding, _ = counting_coding(gate)
    always(monkeypatch, coding)
    large = b"x" * 100_000
    waiting = [asyncio.create_task(compressor.reply(large, b"gzip")) for _ in range(16)]
    await asyncio.sleep(0)
    refused = await compressor.reply(large, b"gzip")
    gate.set()
    replies = await asyncio.gather(*waiting)
    after = await compressor.reply(large, b"gzip")
    compressor.close()

    assert refused is None
    assert [*replies, after] == [(coding, b"x" * 10)] * 17
    assert await compressor.reply(large, b"gzip") is None


async def test_a_form_that_cannot_be_made_is_tried_again(
    compressor: Compressor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(body: bytes) -> bytes:
        raise MemoryError

    forms: Forms = {}
    always(monkeypatch, Coding(b"gzip", fail, fail))
    failed = await compressor.document(b"x" * 5000, b"gzip", forms)
    monkeypatch.undo()
    reply = await compressor.document(b"x" * 5000, b"gzip", forms)
    compressor.close()

    assert failed is None
    assert reply is not None


@pytest.mark.parametrize("coding", CODINGS, ids=lambda coding: coding.name.decode())
def test_what_cannot_be_made_smaller_hardly_grows(coding: Coding) -> None:
    body = random.Random(1).randbytes(100_000)  # noqa: S311 no secret

    assert len(coding.fast(body)) < len(body) + 200
