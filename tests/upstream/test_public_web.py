"""`PublicWeb`, the surface for URLs from input: Must show 8. Attack API7."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from plugwright import InvalidInput, PublicWeb, SetupError, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from plugwright.upstream.exchange import CallContext
from tests.upstream.servers import answering, canary, reply, serving
from tests.upstream.test_urls import REFUSED

HERE = CallContext(lambda: 5.0, {"X-Request-Id": "canary"})


async def test_api7_no_url_of_the_table_leads_to_a_connection_or_a_look_up() -> None:
    looked_up: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"]

    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(canary("127.0.0.1"))
        others = [await stack.enter_async_context(canary(host, first.port)) for host in ("127.0.0.2", "::1")]
        web = await stack.enter_async_context(PublicWeb(resolve=resolve))
        for url in REFUSED:
            with pytest.raises(InvalidInput):
                await web.within(HERE).fetch(url.replace("{p}", str(first.port)))

        assert len(REFUSED) >= 120
        assert looked_up == []
        assert [server.requests for server in (first, *others)] == [[], [], []]


async def test_api7_a_name_that_rebinds_to_this_machine_is_refused_at_every_look_up() -> None:
    answers = [["127.0.0.1"], ["::1"], ["93.184.216.34", "127.0.0.1"], ["169.254.169.254"]]

    async def resolve(host: str, port: int) -> list[str]:
        return answers[int(host[0])]

    async with canary("127.0.0.1") as server, canary("::1", server.port) as other:
        async with PublicWeb(resolve=resolve) as web:
            for number in range(len(answers)):
                with pytest.raises(InvalidInput, match="no public address"):
                    await web.within(HERE).fetch(f"https://{number}.rebind.example:{server.port}/")

        assert (server.requests, other.requests) == ([], [])


async def test_api7_a_redirect_to_this_machine_is_not_followed() -> None:
    async with canary("127.0.0.1") as target:
        data = reply(b"{}", status="302 Found", more=f"Location: {target.origin}/secret\r\n")
        async with serving(answering(data)) as server, PublicWeb(allowed_origins=[server.origin]) as web:
            with pytest.raises(InvalidInput, match="redirect"):
                await web.fetch(f"{server.origin}/")

        assert target.requests == []


async def test_a_document_comes_with_its_status_and_type() -> None:
    data = reply(b'{"a": 1}', more="X-One: 1\r\n")
    async with serving(answering(data)) as server, PublicWeb(allowed_origins=[server.origin]) as web:
        document = await web.within(HERE).fetch(f"{server.origin}/a?b=c")
        with pytest.raises(UpstreamError, match="The server of this URL answered in a form"):
            document.json(dict[str, str])

    assert (document.status, document.json(dict[str, int]), document.headers["x-one"]) == (200, {"a": 1}, "1")
    assert b"canary" not in server.requests[0]


@pytest.mark.parametrize(
    ("status", "error"), [("404 Not Found", UpstreamError), ("500 Internal Server Error", UpstreamUnavailable)]
)
async def test_another_status_than_success_is_an_error(status: str, error: type[UpstreamError]) -> None:
    data = reply(b"secret words", status=status, media_type="text/plain")
    async with serving(answering(data)) as server, PublicWeb(allowed_origins=[server.origin]) as web:
        with pytest.raises(UpstreamError) as failed:
            await web.fetch(f"{server.origin}/")

    assert (type(failed.value), failed.value.upstream_status) == (error, int(status[:3]))
    assert "secret" not in failed.value.message


async def test_size_and_type_are_bounded() -> None:
    data = reply(b"x" * 1001, media_type="text/plain")
    async with serving(answering(data)) as server:
        allowed = [server.origin]
        async with PublicWeb(allowed_origins=allowed) as web:
            with pytest.raises(InvalidInput, match="not of type application/json"):
                await web.fetch(f"{server.origin}/")
        async with PublicWeb(allowed_origins=allowed, accept=["text/plain"], max_bytes=1000) as web:
            with pytest.raises(InvalidInput, match="larger than 1000 bytes"):
                await web.fetch(f"{server.origin}/")


async def test_a_fetch_ends_with_its_own_time_or_that_of_the_call() -> None:
    async def wait(_: bytes, writer: object) -> None:
        await left.wait()

    left = asyncio.Event()
    async with serving(wait) as server:
        async with PublicWeb(allowed_origins=[server.origin], timeout="100ms") as web:
            with pytest.raises(UpstreamTimeout):
                await web.fetch(f"{server.origin}/")
        async with PublicWeb(allowed_origins=[server.origin]) as web:
            with pytest.raises(UpstreamTimeout):
                await web.within(CallContext(lambda: 0.1, {})).fetch(f"{server.origin}/")
            with pytest.raises(UpstreamTimeout):
                await web.within(CallContext(lambda: 0.0, {})).fetch(f"{server.origin}/")
        left.set()
    assert len(server.requests) == 2


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    async with canary("127.0.0.1") as gone:
        origin = gone.origin
    async with PublicWeb(allowed_origins=[origin]) as web:
        with pytest.raises(UpstreamUnavailable):
            await web.fetch(f"{origin}/")


def test_a_timeout_that_is_none_is_refused() -> None:
    with pytest.raises(SetupError, match="public web: timeout"):
        PublicWeb(timeout="5")
