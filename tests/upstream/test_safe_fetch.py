"""Fetching: addresses, redirects, bounds, and what leaves with a request. Attacks G4, G5, API7."""

import asyncio
import socket
from typing import Any

import pytest

from plugwright.upstream.safe_fetch import Fetched, FetchError, FetchFailed, FetchRefused, SafeFetch
from tests.upstream.servers import answering, canary, reply, serving

PUBLIC = "93.184.216.34"


class Names:
    """A name server whose answers change with every look-up."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def resolve(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


class Connections:
    """Stands where aiohttp opens its connections: records their addresses, and lets none through."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.addresses: list[str] = []
        monkeypatch.setattr("aiohttp.connector.aiohappyeyeballs.start_connection", self.start)

    async def start(self, addr_infos: list[Any], **_: Any) -> socket.socket:
        self.addresses += [info[4][0] for info in addr_infos]
        raise OSError


async def get(fetch: SafeFetch, url: str, *, max_bytes: int = 1000, deadline_seconds: float = 5) -> Fetched:
    return await fetch.get(url, max_bytes=max_bytes, deadline_seconds=deadline_seconds)


async def test_g4_a_name_that_rebinds_is_connected_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch):
    connections = Connections(monkeypatch)
    names = Names([PUBLIC], ["127.0.0.1"])
    fetch = SafeFetch(resolve=names.resolve)

    with pytest.raises(FetchFailed):
        await get(fetch, "https://rebind.example/")

    assert names.asked == [("rebind.example", 443)]
    assert connections.addresses == [PUBLIC]

    with pytest.raises(FetchRefused, match="no public address"):
        await get(fetch, "https://rebind.example/")
    await fetch.aclose()

    assert connections.addresses == [PUBLIC]


@pytest.mark.parametrize(
    "answers",
    [
        *(["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"]),
        *([PUBLIC, "127.0.0.1"], ["2606:4700:4700::1111", "fe80::1%2"], [PUBLIC] * 40 + ["10.0.0.1"], [], ["nonsense"]),
    ],
)
async def test_g4_a_name_is_refused_when_one_of_its_addresses_is_not_public(
    answers: list[str], monkeypatch: pytest.MonkeyPatch
):
    connections = Connections(monkeypatch)
    fetch = SafeFetch(resolve=Names(answers).resolve)

    with pytest.raises(FetchRefused, match="no public address"):
        await get(fetch, "https://inside.example/")
    await fetch.aclose()

    assert connections.addresses == []


async def test_g4_a_name_that_leads_to_a_listening_loopback_server_stays_unconnected():
    async with canary("127.0.0.1") as server, canary("::1") as other:
        fetch = SafeFetch(resolve=Names(["127.0.0.1"], ["::1"]).resolve)
        for port in (server.port, other.port):
            with pytest.raises(FetchRefused):
                await get(fetch, f"https://inside.example:{port}/")
        await fetch.aclose()

        assert (server.requests, other.requests) == ([], [])


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_g4_a_redirect_is_not_followed(status: str):
    async with canary("127.0.0.1") as target:
        data = reply(b"{}", status=status, more=f"Location: {target.origin}/secret\r\n")
        async with serving(answering(data)) as server:
            fetch = SafeFetch([server.origin, target.origin])
            with pytest.raises(FetchRefused, match="redirect"):
                await get(fetch, f"{server.origin}/")
            await fetch.aclose()

        assert target.requests == []


async def test_a_reply_comes_as_it_was_sent():
    async with serving(answering(reply(b'{"a": 1}', more="Cache-Control: max-age=5\r\n"))) as server:
        fetch = SafeFetch([server.origin])
        fetched = await get(fetch, f"{server.origin}/a;b/c%20d?e=%2F")
        await fetch.aclose()

    assert (fetched.status, fetched.body) == (200, b'{"a": 1}')
    assert fetched.headers["cache-control"] == "max-age=5"
    assert server.requests[0].startswith(b"GET /a;b/c%20d?e=%2F HTTP/1.1\r\n")


async def test_nothing_of_the_environment_leaves_with_a_request(monkeypatch: pytest.MonkeyPatch, tmp_path: Any):
    async with canary("127.0.0.1") as proxy:
        (tmp_path / "netrc").write_text("default login canary password canary\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        monkeypatch.setenv("http_proxy", proxy.origin)
        monkeypatch.setenv("https_proxy", proxy.origin)
        async with serving(answering(reply(b"{}", more="Set-Cookie: a=canary; Path=/\r\n"))) as server:
            fetch = SafeFetch([server.origin])
            for _ in range(2):
                await get(fetch, f"{server.origin}/")
            await fetch.aclose()

        assert proxy.requests == []
    assert len(server.requests) == 2
    assert not any(
        word in head.lower() for head in server.requests for word in (b"cookie", b"authorization", b"canary")
    )


async def test_g5_a_server_that_drips_is_left_at_the_deadline():
    async def drip(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)  # the drip itself, not a wait of the test

    async with serving(drip) as server:
        fetch = SafeFetch([server.origin])
        started = asyncio.get_running_loop().time()
        with pytest.raises(FetchFailed, match=r"within 0\.2 seconds"):
            await get(fetch, f"{server.origin}/", deadline_seconds=0.2)
        await fetch.aclose()

        assert asyncio.get_running_loop().time() - started < 2


async def test_g5_a_server_that_says_nothing_is_left_at_the_deadline():
    silence = asyncio.Event()

    async def wait(_: bytes, __: asyncio.StreamWriter) -> None:
        await silence.wait()

    async with serving(wait) as server:
        fetch = SafeFetch([server.origin])
        with pytest.raises(FetchFailed, match=r"within 0\.1 seconds"):
            await get(fetch, f"{server.origin}/", deadline_seconds=0.1)
        silence.set()
        await fetch.aclose()


async def test_g5_a_body_is_read_no_further_than_its_bound():
    endless = asyncio.Event()

    async def pour(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        try:
            while True:
                writer.write(b" " * 1000)
                await writer.drain()
        except ConnectionError:
            endless.set()

    async with serving(pour) as server:
        fetch = SafeFetch([server.origin])
        with pytest.raises(FetchRefused, match="larger than 5000 bytes"):
            await get(fetch, f"{server.origin}/", max_bytes=5000)
        await asyncio.wait_for(endless.wait(), 5)
        await fetch.aclose()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (reply(b"x" * 1001), "larger than 1000 bytes"),
        (reply(b"<html>", media_type="text/html"), "not of type application/json"),
        (reply(b"{}", media_type="text/json"), "not of type"),
        (reply(b"{}", media_type="application/jsonp"), "not of type"),
        (reply(b"{}", more="Content-Encoding: gzip\r\n"), "compressed"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{}", "cannot be reached"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", "cannot be reached"),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", "cannot be reached"),
        (b"", "cannot be reached"),
    ],
)
async def test_g5_a_reply_of_another_form_is_refused(data: bytes, problem: str):
    async with serving(answering(data)) as server:
        fetch = SafeFetch([server.origin])
        with pytest.raises(FetchError, match=problem) as failed:
            await get(fetch, f"{server.origin}/")
        await fetch.aclose()

    assert "127.0.0.1" not in str(failed.value)
    assert isinstance(failed.value, FetchFailed) == (problem == "cannot be reached")


async def test_an_error_of_the_server_is_a_reply():
    async with serving(answering(reply(b"gone", status="404 Not Found", media_type="text/plain"))) as server:
        fetch = SafeFetch([server.origin])
        fetched = await get(fetch, f"{server.origin}/")
        await fetch.aclose()

    assert (fetched.status, fetched.body) == (404, b"gone")


async def test_g5_the_same_document_is_fetched_once_for_all_who_want_it_now():
    gate = asyncio.Event()

    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.write(reply(b"{}"))

    async with serving(answer) as server:
        fetch = SafeFetch([server.origin])
        waiting = [asyncio.create_task(get(fetch, f"{server.origin}/")) for _ in range(50)]
        await _until(lambda: len(server.requests) > 0)
        waiting[0].cancel()
        gate.set()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        again = await get(fetch, f"{server.origin}/")
        await fetch.aclose()

    assert isinstance(results[0], asyncio.CancelledError)
    assert all(isinstance(result, Fetched) for result in results[1:])
    assert again.body == b"{}"
    assert len(server.requests) == 2


async def test_g5_fetches_are_bounded_in_number_and_what_is_too_much_is_refused_at_once():
    gate = asyncio.Event()

    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.write(reply(b"{}"))

    async with serving(answer) as server:
        fetch = SafeFetch([server.origin], concurrent=2)
        waiting = [asyncio.create_task(get(fetch, f"{server.origin}/{number}")) for number in range(18)]
        await _until(lambda: len(server.requests) == 2)
        with pytest.raises(FetchFailed, match="Too many"):
            await get(fetch, f"{server.origin}/more")
        assert len(server.requests) == 2
        gate.set()
        await asyncio.gather(*waiting)
        await fetch.aclose()

    assert len(server.requests) == 18


async def test_a_form_is_posted_with_the_credentials_it_was_given():
    async with serving(answering(reply(b"{}"))) as server:
        fetch = SafeFetch([server.origin])
        fetched = await fetch.post_form(
            f"{server.origin}/token",
            {"code": "a&b", "x": "ü"},
            max_bytes=100,
            deadline_seconds=5,
            authorization="Basic eDp5",
        )
        await fetch.aclose()

    assert fetched.status == 200
    assert server.requests[0].startswith(b"POST /token HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Basic eDp5\r\n" in server.requests[0]
    assert b"\r\nContent-Type: application/x-www-form-urlencoded\r\n" in server.requests[0]
    assert server.bodies == [b"code=a%26b&x=%C3%BC"]


async def test_closing_ends_what_is_under_way():
    silence = asyncio.Event()

    async def wait(_: bytes, __: asyncio.StreamWriter) -> None:
        await silence.wait()

    async with serving(wait) as server:
        fetch = SafeFetch([server.origin])
        waiting = asyncio.create_task(get(fetch, f"{server.origin}/", deadline_seconds=100))
        await _until(lambda: len(server.requests) == 1)
        await fetch.aclose()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        silence.set()


async def test_an_allowed_origin_may_be_a_name_of_the_local_network():
    async with serving(answering(reply(b"{}"))) as server:
        fetch = SafeFetch([f"http://localhost:{server.port}"])
        fetched = await get(fetch, f"http://localhost:{server.port}/")
        await fetch.aclose()

    assert fetched.status == 200


async def _until(is_so: Any) -> None:
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - the server has no event for it; the poll is bounded
            await asyncio.sleep(0)
