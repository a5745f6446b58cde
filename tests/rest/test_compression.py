"""Compressed answers of operations, and the forms that a cached one keeps."""

from __future__ import annotations

import random
from typing import Any

import pytest

from plugwright import Cache, Plugin
from plugwright.coordination.replies import ReplyForms
from plugwright.settings import Settings
from plugwright.testing import Client
from plugwright.web import compression
from tests.calls.caching import CachingClient, Clock
from tests.web.decoding import DECODERS, decoded, varies_by
from tests.web.plugins import new_plugin

ALL = {"accept-encoding": "gzip, br, zstd"}


def telling(**options: Any) -> Plugin:
    """A plugin that tells a text as long as asked for, at ``/tell?size=``."""
    plugin = new_plugin()
    given: dict[str, Any] = {"effect": "read", "open_world": False, "path": "/tell"} | options

    @plugin.operation(**given)
    async def tell(size: int) -> str:
        """Tell it."""
        return "tell " * (size // 5)

    return plugin


@pytest.mark.parametrize("cache", [None, Cache(ttl="100s", shared=True)], ids=["made", "cached"])
@pytest.mark.parametrize("size", [1100, 60_000, 200_000])
@pytest.mark.parametrize("coding", DECODERS)
async def test_a_long_answer_is_compressed_for_who_takes_that(cache: Cache | None, size: int, coding: str) -> None:
    async with Client(telling(cache=cache)) as client:
        plain = await client.get(f"/tell?size={size}")
        replies = [await client.get(f"/tell?size={size}", headers={"accept-encoding": coding}) for _ in range(2)]
        head = await client.request("HEAD", f"/tell?size={size}", headers={"accept-encoding": coding})

    assert "content-encoding" not in plain.headers
    for reply in replies:
        assert reply.status == 200
        assert reply.headers["content-encoding"] == coding
        assert reply.headers["content-type"] == "application/json"
        assert decoded(reply) == plain.body
        assert len(reply.body) < len(plain.body) / 5
    assert head.headers["content-length"] == replies[0].headers["content-length"]


@pytest.mark.parametrize("size", [5, 1020])
async def test_a_short_answer_is_sent_as_it_is(size: int) -> None:
    async with Client(telling()) as client:
        reply = await client.get(f"/tell?size={size}", headers=ALL)
        varies = await varies_by(client, f"/tell?size={size}", accept_encoding="gzip")

    assert len(reply.body) <= 1024
    assert "content-encoding" not in reply.headers
    assert varies == set()


async def test_caches_on_the_way_tell_the_forms_of_a_long_answer_apart() -> None:
    async with Client(telling(cache=Cache(ttl="100s", shared=True))) as client:
        etag = (await client.get("/tell?size=5000", headers={"accept-encoding": "br"})).headers["etag"]
        for headers in ({}, {"accept_encoding": "br"}, {"accept_encoding": "br", "if_none_match": etag}):
            assert await varies_by(client, "/tell?size=5000", **headers) == {"Origin", "Accept-Encoding"}


async def test_each_form_of_a_cached_answer_has_its_own_tag_and_is_known_by_it() -> None:
    async with Client(telling(cache=Cache(ttl="100s", shared=True))) as client:
        plain = await client.get("/tell?size=5000")
        tags = {plain.headers["etag"]}
        for coding in DECODERS:
            wants = {"accept-encoding": coding}
            tag = (await client.get("/tell?size=5000", headers=wants)).headers["etag"]
            tags.add(tag)
            known = await client.get("/tell?size=5000", headers=wants | {"if-none-match": tag})
            other = await client.get("/tell?size=5000", headers=wants | {"if-none-match": plain.headers["etag"]})
            assert (known.status, known.body, known.headers["etag"]) == (304, b"", tag)
            assert "content-encoding" not in known.headers
            assert (other.status, decoded(other)) == (200, plain.body)

    assert len(tags) == 4


async def test_a_cached_answer_keeps_its_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    async with CachingClient(telling(cache=Cache(ttl="100s")), Clock()) as client:
        bodies = [await client.get("/tell?size=5000", headers={"accept-encoding": coding}) for coding in DECODERS]
        (kept,) = client.memory.entries.values()
        assert kept.forms is not None
        forms = dict(kept.forms)
        # What is kept is sent, not made again.
        kept.forms.clear()
        kept.forms[b"br"] = b"the form that is kept"
        again = await client.get("/tell?size=5000", headers={"accept-encoding": "br"})

    assert forms == {coding.encode(): reply.body for coding, reply in zip(DECODERS, bodies, strict=True)}
    assert again.body == b"the form that is kept"


def test_forms_take_no_more_than_the_memory_that_is_counted_for_them() -> None:
    forms = ReplyForms(100)
    forms[b"zstd"] = b"x" * 60
    forms[b"br"] = b"x" * 41
    forms[b"gzip"] = b"x" * 40

    assert forms.keys() == {b"zstd", b"gzip"}


async def test_memory_counts_the_forms_of_long_answers() -> None:
    async with CachingClient(telling(cache=Cache(ttl="100s")), Clock()) as client:
        await client.get("/tell?size=50000")
        counted = client.memory.bytes

    assert counted > 100_000


async def test_the_coding_is_chosen_after_the_call_and_errors_are_plain() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, path="/do")
    async def do(size: int) -> str:
        """Do it."""
        return str(random.Random(1).getrandbits(size))  # noqa: S311 no secret

    async with Client(plugin) as client:
        done = await client.post("/do", json={"size": 10_000}, headers={"accept-encoding": "identity;q=0, deflate"})
        zipped = await client.post("/do", json={"size": 10_000}, headers=ALL)
        refused = await client.post("/do", json={"size": "x" * 2000}, headers=ALL)

    # What has been done is told, in a form that the client did not ask for rather than by an error.
    assert (done.status, "content-encoding" in done.headers) == (200, False)
    assert zipped.headers["cache-control"] == "no-store"
    assert decoded(zipped) == done.body
    assert (refused.status, "content-encoding" in refused.headers) == (400, False)


async def test_nothing_is_negotiated_for_a_short_answer_or_where_the_operator_does_not_want_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(header: bytes | None) -> None:
        raise AssertionError(header)

    async with Client(telling()) as client:
        monkeypatch.setattr(compression, "wanted_coding", fail)
        short = await client.get("/tell?size=5", headers=ALL)

    off = Settings(public_url="http://127.0.0.1:8000", compression=False)
    async with Client(telling(), off) as client:
        long = await client.get("/tell?size=5000", headers=ALL)
        varies = await varies_by(client, "/tell?size=5000")

    assert (short.status, long.status) == (200, 200)
    assert varies == set()
