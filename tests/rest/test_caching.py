"""HTTP caching: what a client, and every cache on the way, may keep."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from plugwright import Cache, Call, OAuth
from plugwright.testing import Client, Reply
from tests.auth.tokens import settings_in, sign_in
from tests.calls.caching import CachingClient, Clock, Origin, counting
from tests.web.plugins import new_plugin

PUBLIC = Cache(ttl="100s", stale="1000s", shared=True)


def cache_control(reply: Reply) -> str | None:
    return reply.headers.get("cache-control")


async def test_a_shared_answer_of_an_open_operation_is_public_for_as_long_as_it_is_fresh() -> None:
    clock = Clock()
    async with CachingClient(counting(Origin(), PUBLIC), clock) as client:
        first = await client.get("/read")
        (kept,) = client.memory.entries.values()
        clock.at = kept.fresh_until - 40.5
        second = await client.get("/read")
        clock.at = kept.fresh_until + 1.5
        stale = await client.get("/read")

    left = int(kept.fresh_until - kept.made)
    assert cache_control(first) == f"public, max-age={left}, s-maxage={left}"
    assert cache_control(second) == "public, max-age=40, s-maxage=40"
    assert cache_control(stale) == "public, max-age=0, s-maxage=0"
    assert first.headers["vary"] == "Origin"


async def test_an_answer_of_one_caller_is_private_and_asked_for_anew() -> None:
    async with CachingClient(counting(Origin(), Cache(ttl="100s")), Clock()) as client:
        reply = await client.get("/read")

    assert cache_control(reply) == "private, no-cache"


async def test_whoever_has_the_answer_gets_304_without_it() -> None:
    async with CachingClient(counting(Origin(), PUBLIC), Clock()) as client:
        first = await client.get("/read")
        etag = first.headers["etag"]
        same = [
            await client.get("/read", headers={"if-none-match": value})
            for value in (etag, f'W/{etag}, "other"', "*", f'"other" , {etag}')
        ]
        other = await client.get("/read", headers={"if-none-match": '"other"'})
        head = await client.request("HEAD", "/read", headers={"if-none-match": etag})

    assert [(reply.status, reply.body) for reply in same] == [(304, b"")] * 4
    assert head.status == 304
    assert same[0].headers["etag"] == etag
    assert same[0].headers["vary"] == "Origin"
    assert cache_control(same[0]) == cache_control(first)
    assert "content-type" not in same[0].headers
    assert (other.status, other.json()) == (200, 1)


async def test_another_answer_has_another_etag() -> None:
    async with CachingClient(counting(Origin(), PUBLIC), Clock()) as client:
        tags = {(await client.get(f"/read?size={size}")).headers["etag"] for size in (1, 2, 1)}

    assert len(tags) == 2


async def test_pages_of_different_origins_are_told_apart_on_the_way() -> None:
    async with CachingClient(counting(Origin(), PUBLIC), Clock()) as client:
        allowed = await client.get("/read", headers={"origin": "https://chatgpt.com"})
        refused = await client.get("/read", headers={"origin": "https://elsewhere.example"})

    assert (allowed.headers["access-control-allow-origin"], allowed.headers["vary"]) == (
        "https://chatgpt.com",
        "Origin",
    )
    assert ("access-control-allow-origin" in refused.headers, refused.headers["vary"]) == (False, "Origin")


async def test_a_cached_operation_that_takes_a_body_ignores_conditions() -> None:
    async with CachingClient(counting(Origin(), PUBLIC, method="POST"), Clock()) as client:
        first = await client.post("/read", json={})
        again = await client.request("POST", "/read", json={}, headers={"if-none-match": first.headers["etag"]})

    assert (again.status, again.json()) == (200, 1)


@pytest.mark.parametrize(
    ("effect", "method", "expected"),
    [("read", "GET", None), ("write", "POST", "no-store"), ("destroy", "DELETE", "no-store")],
)
async def test_writes_are_kept_by_nobody(effect: str, method: str, expected: str | None) -> None:
    plugin = new_plugin()

    @plugin.operation(effect=effect, open_world=False, path="/do")  # pyright: ignore[reportArgumentType] one of the three
    async def do() -> str:
        """Do it."""
        return "done"

    async with Client(plugin) as client:
        assert cache_control(await client.request(method, "/do")) == expected


async def test_a_write_without_an_answer_is_kept_by_nobody() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, path="/do")
    async def do() -> None:
        """Do it."""

    async with Client(plugin) as client:
        reply = await client.request("POST", "/do")

    assert (reply.status, cache_control(reply)) == (204, "no-store")


async def test_what_a_signed_in_caller_gets_is_kept_by_nobody_unless_cached(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    plugin = new_plugin(auth=OAuth(scopes={"read": "Read"}))

    @plugin.operation(effect="read", open_world=False, scopes=["read"])
    async def uncached(*, call: Call) -> str:
        """Say who calls."""
        return call.subject

    @plugin.operation(effect="read", open_world=False, scopes=["read"], cache=Cache(ttl="5m"))
    async def cached(*, call: Call) -> str:
        """Say who calls."""
        return call.subject

    @plugin.operation(effect="read", open_world=False, scopes=["read"], cache=Cache(ttl="5m", shared=True))
    async def shared() -> str:
        """Say the same to all."""
        return "all"

    async with CachingClient(plugin, Clock(), settings) as client:
        client.app = plugin.asgi(settings)
        async with client.app.running():
            ann, ben = [await asyncio.to_thread(sign_in, settings, ["read"]) for _ in range(2)]
            replies = {
                path: await client.get(path, headers=ann.headers) for path in ("/uncached", "/cached", "/shared")
            }
            of_ben = await client.get(
                "/cached", headers=ben.headers | {"if-none-match": replies["/cached"].headers["etag"]}
            )
            nobody = await client.get("/shared")

    assert [cache_control(reply) for reply in replies.values()] == [
        "no-store",
        "private, no-cache",
        "private, no-cache",
    ]
    assert replies["/cached"].headers["vary"] == "Origin"
    assert of_ben.status == 200
    assert of_ben.json() == ben.account_id
    assert nobody.status == 401


async def test_documents_may_be_held_on_the_way() -> None:
    async with Client(counting(Origin(), PUBLIC)) as client:
        first = await client.get("/openapi.json")
        again = await client.get("/openapi.json", headers={"if-none-match": first.headers["etag"]})

    assert cache_control(first) == "public, max-age=300"
    assert again.status == 304
