"""`Upstream` against a real service: what goes out, what comes back, and what each failure becomes."""

import asyncio
import gzip
import socket
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import web
from pydantic import BaseModel

from plugwright import SetupError, Upstream, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from plugwright.upstream.exchange import CallContext
from tests.upstream.servers import canary
from tests.upstream.services import FakeTime, Handle, answers, echo, service


class Item(BaseModel):
    """What the service is about."""

    name: str
    price: float = 0.0


class Seen(BaseModel):
    """What `echo` saw."""

    method: str
    target: str
    headers: dict[str, str]
    body: str


def replying(body: bytes, *, status: int = 200, media_type: str = "application/json", packed: bool = False) -> Handle:
    headers = {"Content-Type": media_type} | ({"Content-Encoding": "gzip"} if packed else {})

    async def handle(_: web.Request) -> web.Response:
        return web.Response(body=body, status=status, headers=headers)

    return handle


async def pouring(request: web.Request) -> web.StreamResponse:
    """Answers without an end, and without saying so."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    with suppress(ConnectionError):
        while True:
            await response.write(b" " * 500)
    return response


async def test_an_answer_comes_as_the_type_that_was_asked_for() -> None:
    async with service(replying(b'{"name": "cup", "price": 2.5}')) as served, Upstream(served.url) as upstream:
        assert await upstream.get_json("/item", returns=Item) == Item(name="cup", price=2.5)
        assert await upstream.get_json("/item", returns=dict[str, Any]) == {"name": "cup", "price": 2.5}


async def test_path_query_headers_and_body_arrive() -> None:
    async with service(echo) as served:
        upstream = Upstream(served.url + "/v2/", name="Shop", headers={"Authorization": "Bearer plugin"})
        got = await upstream.get_json(
            "/items/{id}", parts={"id": "a/b"}, params={"page": 2, "q": None}, headers={"X-One": "1"}, returns=Seen
        )
        posted = await upstream.post_json("/items", json=Item(name="cup"), returns=Seen)
        put = await upstream.request("put", "/raw", body=b"text", headers={"Content-Type": "text/plain"})
        await upstream.aclose()

    assert (got.method, got.target) == ("GET", "/v2/items/a%2Fb?page=2")
    assert {"authorization": "Bearer plugin", "x-one": "1", "accept": "application/json"}.items() <= got.headers.items()
    assert got.headers["user-agent"].startswith("plugwright/")
    assert (posted.method, posted.body) == ("POST", '{"name":"cup","price":0.0}')
    assert posted.headers["content-type"] == "application/json"
    assert (put.json(Seen).method, put.json(Seen).body) == ("PUT", "text")


async def test_connections_are_kept_and_used_again() -> None:
    async with service(echo) as served, Upstream(served.url) as upstream:
        for _ in range(10):
            await upstream.request("GET", "/")
        assert len(served.connections) == 1


async def test_a_connection_survives_a_refusal() -> None:
    async with service(answers(404)) as served, Upstream(served.url) as upstream:
        for _ in range(3):
            with pytest.raises(UpstreamError):
                await upstream.request("GET", "/")
        assert len(served.connections) == 1


async def test_nothing_of_the_environment_or_an_earlier_reply_goes_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    async def handle(request: web.Request) -> web.Response:
        response = await echo(request)
        response.set_cookie("session", "canary")
        return response

    async with canary("127.0.0.1") as proxy, service(handle) as served:
        (tmp_path / "netrc").write_text("default login canary password canary\n")
        for name, value in {"NETRC": str(tmp_path / "netrc"), "http_proxy": proxy.origin}.items():
            monkeypatch.setenv(name, value)
        # By name: from an address no cookie would be kept anyhow
        async with Upstream(f"http://localhost:{served.address[1]}") as upstream:
            seen = [await upstream.get_json("/", returns=Seen) for _ in range(2)]

        assert proxy.requests == []
    assert "canary" not in str(seen)
    assert "cookie" not in seen[1].headers


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 418, 422])
async def test_a_refusal_tells_its_status_to_the_author_and_not_to_the_caller(status: int) -> None:
    async with service(answers(status)) as served, Upstream(served.url, name="Shop") as upstream:
        with pytest.raises(UpstreamError) as refused:
            await upstream.get_json("/", returns=Item)

        assert len(served.requests) == 1
    assert (refused.value.code, refused.value.upstream_status) == ("upstream_error", status)
    assert refused.value.message == "Shop refused the request"


async def test_a_status_can_be_an_answer() -> None:
    async with service(answers(404)) as served, Upstream(served.url) as upstream:
        reply = await upstream.request("GET", "/", statuses=[404])

    assert (reply.status, reply.json(dict[str, int])) == (404, {"secret words": 404})


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_failing_service_is_asked_again_after_growing_pauses(status: int) -> None:
    time = FakeTime()
    async with service(answers(status, status, 200)) as served:
        async with Upstream(served.url, timing=time.timing()) as upstream:
            reply = await upstream.request("GET", "/")

        assert (reply.status, len(served.requests), time.pauses) == (200, 3, [0.1, 0.2])
    assert (upstream.tally.retries, upstream.tally.attempts) == (2, {"status_5xx": 2, "ok": 1})
    assert upstream.tally.requests == {"ok": 1}


async def test_after_the_last_attempt_the_service_is_unavailable_and_its_words_stay_inside() -> None:
    async with service(answers(500)) as served, Upstream(served.url, timing=FakeTime().timing()) as upstream:
        with pytest.raises(UpstreamUnavailable) as failed:
            await upstream.request("GET", "/")

        assert len(served.requests) == 3
    assert (failed.value.code, failed.value.status, failed.value.upstream_status) == ("upstream_unavailable", 503, 500)
    assert failed.value.message == "A service that this operation needs cannot answer now"


async def test_a_post_is_repeated_only_when_its_author_says_so() -> None:
    async with service(answers(503, 200, 503, 200)) as served:
        async with Upstream(served.url, timing=FakeTime().timing()) as upstream:
            with pytest.raises(UpstreamUnavailable):
                await upstream.post_json("/", json={}, returns=dict[str, int])
            assert len(served.requests) == 1
            await upstream.request("GET", "/")
            await upstream.post_json("/", json={}, returns=dict[str, int], idempotent=True)

        assert len(served.requests) == 4


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE"])
async def test_idempotent_methods_are_repeated(method: str) -> None:
    async with service(answers(503, 200)) as served, Upstream(served.url, timing=FakeTime().timing()) as upstream:
        await upstream.request(method, "/")
        assert len(served.requests) == 2


@pytest.mark.parametrize(
    ("header", "pause"), [("3", 3.1), ("0", 0.1), ("Fri, 15 Jan 2027 08:16:45 GMT", 5.1), ("later", 0.1)]
)
async def test_a_service_that_says_when_to_come_back_is_taken_at_its_word(header: str, pause: float) -> None:
    time = FakeTime()
    async with (
        service(answers(503, 200, retry_after=header)) as served,
        Upstream(served.url, timing=time.timing()) as upstream,
    ):
        await upstream.request("GET", "/")

    assert time.pauses == pytest.approx([pause])


@pytest.mark.parametrize("status", [429, 503])
async def test_who_must_come_back_after_the_deadline_is_told_at_once(status: int) -> None:
    time = FakeTime()
    async with (
        service(answers(status, retry_after="60")) as served,
        Upstream(served.url, timing=time.timing()) as upstream,
    ):
        with pytest.raises(UpstreamUnavailable) as failed:
            await upstream.request("GET", "/")

        assert (len(served.requests), time.pauses) == (1, [])
    assert failed.value.retry_after == 60


async def test_repeats_end_with_the_time_of_the_call() -> None:
    time = FakeTime()
    async with service(answers(500)) as served, Upstream(served.url, timing=time.timing()) as upstream:
        with pytest.raises(UpstreamUnavailable):
            await upstream.within(CallContext(lambda: 0.25, {})).request("GET", "/")

        assert (len(served.requests), time.pauses) == (2, [0.1])


async def test_a_tenth_of_the_requests_are_repeated_and_no_more() -> None:
    async def handle(request: web.Request) -> web.Response:
        return web.json_response({}, status=500 if request.path == "/bad" else 200)

    async with service(handle) as served, Upstream(served.url, timing=FakeTime().timing()) as upstream:
        for _ in range(50):
            await upstream.request("GET", "/good")
        for _ in range(4):
            with pytest.raises(UpstreamUnavailable):
                await upstream.request("GET", "/bad")
            await upstream.request("GET", "/good")

        assert (len(served.requests), upstream.tally.retries) == (58 + 5, 5)
    assert upstream.tally.refused["budget"] == 2


async def test_five_failures_open_the_breaker_and_one_probe_closes_it() -> None:
    time = FakeTime()
    is_down = True

    async def handle(request: web.Request) -> web.Response:
        return web.json_response({}, status=500 if is_down else 200)

    async with service(handle) as served, Upstream(served.url, name="Shop", timing=time.timing()) as upstream:
        for _ in range(9):
            with pytest.raises(UpstreamUnavailable):
                await upstream.request("POST", "/")
        with pytest.raises(UpstreamUnavailable) as refused:
            await upstream.request("POST", "/")
        assert len(served.requests) == 5
        assert refused.value.message == "Shop has failed too often, and is left alone for a moment"
        assert refused.value.retry_after == 1.0

        time.seconds += 1
        is_down = False
        outcomes = await asyncio.gather(*(upstream.request("POST", "/") for _ in range(20)), return_exceptions=True)
        assert len(served.requests) == 6
        assert sum(isinstance(outcome, UpstreamUnavailable) for outcome in outcomes) == 19

        await asyncio.gather(*(upstream.request("POST", "/") for _ in range(20)))
        assert len(served.requests) == 26
    assert upstream.tally.refused == {"breaker_open": 24}


async def test_the_failure_that_opens_the_breaker_is_told_and_not_repeated() -> None:
    time = FakeTime()
    async with service(answers(500)) as served, Upstream(served.url, timing=time.timing()) as upstream:
        for _ in range(3):
            with pytest.raises(UpstreamUnavailable):
                await upstream.request("POST", "/")
        with pytest.raises(UpstreamUnavailable) as failed:
            await upstream.request("GET", "/")

        assert failed.value.upstream_status == 500
        assert (len(served.requests), time.pauses) == (5, [0.1])


async def test_what_was_refused_entitles_to_no_repeats() -> None:
    time = FakeTime()
    is_down = True

    async def handle(request: web.Request) -> web.Response:
        return web.json_response({}, status=500 if is_down or request.path == "/bad" else 200)

    async with service(handle) as served, Upstream(served.url, timing=time.timing()) as upstream:
        for _ in range(200):
            with pytest.raises(UpstreamUnavailable):
                await upstream.request("POST", "/")
        is_down = False
        time.seconds += 1
        for _ in range(3):
            await upstream.request("POST", "/")
            with pytest.raises(UpstreamUnavailable):
                await upstream.request("GET", "/bad")

        assert upstream.tally.retries == 3
        assert len(served.requests) == 5 + 6 + 3


async def test_refusals_do_not_open_the_breaker() -> None:
    async with service(answers(404)) as served, Upstream(served.url) as upstream:
        for _ in range(30):
            with pytest.raises(UpstreamError):
                await upstream.request("GET", "/")
        assert len(served.requests) == 30


async def test_more_requests_than_the_service_gets_wait_and_are_refused_in_time() -> None:
    release = asyncio.Event()
    entered = asyncio.Event()
    running = most = 0

    async def handle(request: web.Request) -> web.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        entered.set()
        await release.wait()
        running -= 1
        return web.json_response({})

    async with service(handle) as served, Upstream(served.url, concurrency=2, queue_timeout="100ms") as upstream:
        tasks = [asyncio.create_task(upstream.request("GET", "/")) for _ in range(30)]
        await entered.wait()
        (link,) = upstream.links()
        done, pending = await asyncio.wait(tasks, timeout=2, return_when=asyncio.FIRST_COMPLETED)
        while len(pending) > 2:
            done, pending = await asyncio.wait(pending, timeout=2, return_when=asyncio.FIRST_COMPLETED)
            assert done
        assert (link.gate.running, link.gate.waiting) == (2, 0)
        release.set()
        await asyncio.wait(pending)

        assert most == 2
        refused = [error for task in tasks if (error := task.exception()) is not None]
    assert len(refused) == 28
    assert {type(error) for error in refused} == {UpstreamUnavailable}
    assert upstream.tally.refused == {"full": 28}
    assert upstream.tally.requests == {"ok": 2, "upstream_unavailable": 28}


@pytest.mark.parametrize("location", ["/elsewhere?a=b", "elsewhere", "{url}/elsewhere", "//{host}/elsewhere"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_within_the_service_is_followed(location: str, status: int) -> None:
    async def handle(request: web.Request) -> web.Response:
        if request.path == "/elsewhere":
            return await echo(request)
        target = location.replace("{url}", served.url).replace("{host}", served.url.removeprefix("http://"))
        return web.Response(status=status, headers={"Location": target})

    async with service(handle) as served, Upstream(served.url, headers={"Authorization": "x"}) as upstream:
        seen = await upstream.get_json("/", returns=Seen)

    assert seen.target.startswith("/elsewhere")
    assert seen.headers["authorization"] == "x"


async def test_a_redirect_to_another_host_is_not_followed() -> None:
    async with canary("127.0.0.1") as other, canary("127.0.0.2") as far:
        for target in (
            *(other.origin, f"{far.origin}/x", f"//{far.host}:{far.port}/", "https://127.0.0.1/", "ftp://127.0.0.1/"),
            *("http://a:b@{own}/", "http://[::1/", "\\\\127.0.0.2\\x"),
        ):

            async def handle(_: web.Request, target: str = target) -> web.Response:
                own = served.url.removeprefix("http://")
                return web.Response(status=302, headers={"Location": target.replace("{own}", own)})

            async with service(handle) as served, Upstream(served.url) as upstream:
                with pytest.raises(UpstreamError) as refused:
                    await upstream.request("GET", "/")
                assert refused.value.upstream_status in {302, None}

        assert (other.requests, far.requests) == ([], [])


async def test_redirects_in_a_circle_end() -> None:
    async def handle(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/"})

    async with service(handle) as served, Upstream(served.url) as upstream:
        with pytest.raises(UpstreamError, match="redirect"):
            await upstream.request("GET", "/")
        assert len(served.requests) == 4


async def test_what_was_posted_is_not_sent_where_a_redirect_leads() -> None:
    async def handle(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with service(handle) as served, Upstream(served.url) as upstream:
        with pytest.raises(UpstreamError) as refused:
            await upstream.request("POST", "/", json={})
        assert len(served.requests) == 1
    assert refused.value.upstream_status == 307


@pytest.mark.parametrize(
    ("handle", "problem"),
    [
        (replying(b"x" * 1001), "larger answer"),
        (replying(gzip.compress(b" " * 50_000), packed=True), "larger answer"),
        (replying(gzip.compress(b" " * 50_000_000), packed=True), "larger answer"),
        (pouring, "larger answer"),
        (replying(b"<html>", media_type="text/html"), "another type"),
        (replying(b"{}", media_type="application/jsonp"), "another type"),
        (replying(b"{"), "in a form that this plugin does not know"),
        (replying(b""), "in a form that this plugin does not know"),
        (replying(b"null"), "in a form that this plugin does not know"),
        (replying(b"[" * 900), "in a form that this plugin does not know"),
        (replying(b'{"name": 5}'), "in a form that this plugin does not know"),
        (replying(b'{"name": "\xff"}'), "in a form that this plugin does not know"),
    ],
)
async def test_an_answer_that_is_not_what_was_asked_for_is_refused(handle: Handle, problem: str) -> None:
    async with service(handle) as served, Upstream(served.url, max_bytes=1000) as upstream:
        with pytest.raises(UpstreamError, match=problem) as refused:
            await upstream.get_json("/", returns=Item)
        assert len(served.requests) == 1

    assert (refused.value.code, refused.value.upstream_status) == ("upstream_error", 200)


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=utf-8", "application/hal+json"])
async def test_every_kind_of_json_is_json(media_type: str) -> None:
    async with service(replying(b'{"name": "cup"}', media_type=media_type)) as served, Upstream(served.url) as upstream:
        assert (await upstream.get_json("/", returns=Item)).name == "cup"


async def test_other_types_are_taken_when_asked_for() -> None:
    async with service(replying(b"a,b\n\xff", media_type="text/csv")) as served, Upstream(served.url) as upstream:
        assert (await upstream.request("GET", "/", accept=["text/csv"])).text == "a,b\n\ufffd"
        assert (await upstream.request("GET", "/", accept=[])).headers["content-type"] == "text/csv"
        assert served.requests[0].headers["Accept"] == "text/csv"
        assert served.requests[1].headers["Accept"] == "*/*"


async def test_an_empty_success_needs_no_type() -> None:
    async with service(replying(b"", status=204, media_type="text/html")) as served, Upstream(served.url) as upstream:
        assert (await upstream.request("DELETE", "/")).body == b""


async def test_a_service_where_nobody_listens_is_unavailable_and_its_address_stays_inside() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with Upstream(f"http://127.0.0.1:{port}", timing=FakeTime().timing()) as upstream:
        with pytest.raises(UpstreamUnavailable) as failed:
            await upstream.request("POST", "/", json={})

    assert upstream.tally.attempts == {"connect": 3}  # never sent, so safe to repeat
    assert "127" not in failed.value.message
    assert str(port) not in failed.value.message


async def test_a_name_that_does_not_resolve_is_unavailable() -> None:
    async with Upstream("http://nowhere.invalid", timing=FakeTime().timing()) as upstream:
        with pytest.raises(UpstreamUnavailable):
            await upstream.request("GET", "/")

    assert upstream.tally.attempts == {"dns": 3}


async def test_a_call_without_time_sends_nothing() -> None:
    async with service(echo) as served, Upstream(served.url) as upstream:
        with pytest.raises(UpstreamTimeout):
            await upstream.within(CallContext(lambda: 0.0, {})).request("GET", "/")
        assert served.requests == []


@pytest.mark.parametrize("headers", [{"X-A": "a\r\nX-B: b"}, {"X-A\r\nX-B": "b"}])
async def test_a_header_cannot_bring_another(headers: dict[str, str]) -> None:
    async with service(echo) as served, Upstream(served.url) as upstream:
        with pytest.raises(ValueError, match=r"[Nn]ewline|header"):
            await upstream.request("GET", "/", headers=headers)
        assert served.requests == []
        assert (await upstream.request("GET", "/")).status == 200


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"timeout": "soon"}, "shop: timeout"),
        ({"connect_timeout": "0s"}, "shop: connect_timeout"),
        ({"read_timeout": "-1s"}, "shop: read_timeout"),
        ({"queue_timeout": 5}, "shop: queue_timeout"),
        ({"attempts": 0}, "shop: attempts must be at least 1"),
        ({"concurrency": 0}, "shop: concurrency"),
        ({"max_bytes": -1}, "shop: max_bytes"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(SetupError, match=problem):
        Upstream("https://shop.example.com", name="shop", **given)
