"""Small parts by table: Accept, body types, origins, hosts."""

import tracemalloc

import pytest

from plugwright import PlugwrightError
from plugwright.settings import Settings
from plugwright.testing import Client
from plugwright.web.hosts import Hosts
from plugwright.web.media import accepts_events, accepts_json, check_json_body, quality
from plugwright.web.origins import Origins, origin_of
from tests.web.plugins import doing


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (b"application/json", 1.0),
        (b"*/*", 1.0),
        (b"application/*;q=0.3", 0.3),
        (b"*/*;q=0.8, application/*;q=0.5, application/json;q=0.1", 0.1),
        (b"application/json;charset=utf-8;q=0.4", 0.4),
        (b"application/json;q=0", 0.0),
        (b"application/json;q=wrong", 0.0),
        (b"text/html", 0.0),
        (b"json", 0.0),
        (b"application/json+x", 0.0),
        (b";;,,q=1", 0.0),
        (b"\xff/\xff", 0.0),
    ],
)
def test_the_most_specific_range_of_accept_decides(accept: bytes, wanted: float) -> None:
    assert quality(accept, "application/json") == wanted
    assert accepts_json(accept) is (wanted > 0)


def test_who_says_nothing_takes_everything() -> None:
    assert accepts_json(None)
    assert accepts_events(None)
    assert accepts_events(b"text/event-stream")
    assert not accepts_events(b"application/json")


@pytest.mark.parametrize("kind", [b"application/json", b"APPLICATION/JSON", b"application/json ; charset=UTF-8"])
@pytest.mark.parametrize("encoding", [None, b"identity"])
def test_a_json_body_passes(kind: bytes, encoding: bytes | None) -> None:
    check_json_body(kind, encoding)


@pytest.mark.parametrize(
    ("kind", "encoding"),
    [
        (None, None),
        (b"", None),
        (b"text/json", None),
        (b"application/json; charset=utf-7", None),
        (b"application/json", b"zstd"),
    ],
)
def test_any_other_body_is_refused(kind: bytes | None, encoding: bytes | None) -> None:
    with pytest.raises(PlugwrightError) as caught:
        check_json_body(kind, encoding)
    assert caught.value.status == 415


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Chatgpt.com", "https://chatgpt.com"),
        ("https://chatgpt.com:443/path?x#y", "https://chatgpt.com"),
        ("http://x.example:80", "http://x.example"),
        ("http://x.example:8080/", "http://x.example:8080"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_an_origin_is_written_as_a_browser_writes_it(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "url", ["", "null", "chatgpt.com", "ftp://x.example", "https://", "https://a@b", "https://x:1000000"]
)
def test_what_is_no_origin_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        origin_of(url)
    assert not Origins(["https://chatgpt.com"], is_loopback=True).allows(url.encode())


@pytest.mark.parametrize(
    ("host", "public", "local"),
    [
        (b"plugin.example", True, True),
        (b"PLUGIN.EXAMPLE", True, True),
        (b"plugin.example:8443", False, False),
        (b"plugin.example.", False, False),
        (b"evil.example", False, False),
        (b"plugin.example@evil.example", False, False),
        (b"localhost", False, True),
        (b"localhost:8000", False, True),
        (b"127.0.0.1:1", False, True),
        (b"[::1]:8000", False, True),
        (b"[::1]", False, True),
        (b"::1", False, False),
        (b"localhost:x", False, False),
        (b"localhost:", False, False),
        (b"localhost.evil.example", False, False),
        (b"", False, False),
        (b"\xff", False, False),
        (None, False, False),
    ],
)
def test_only_named_hosts_are_served(host: bytes | None, public: bool, local: bool) -> None:
    assert Hosts(["Plugin.example"], is_loopback=False).allows(host) is public
    assert Hosts(["plugin.example"], is_loopback=True).allows(host) is local


def test_callers_cannot_fill_the_memory_with_names() -> None:
    hosts = Hosts(["plugin.example"], is_loopback=False)
    origins = Origins(["https://chatgpt.com"], is_loopback=False)
    for number in range(3000):
        assert not hosts.allows(b"h%d.example" % number)
        assert not origins.allows(b"https://h%d.example" % number)

    assert hosts.allows(b"plugin.example")
    assert origins.allows(b"https://chatgpt.com")


async def test_callers_cannot_fill_the_memory_with_long_headers() -> None:
    async def do() -> str:
        return "done"

    plugin = doing(do)
    settings = Settings(public_url="http://127.0.0.1:8000", trusted_proxy_hops=1, call_log=False)
    async with Client(plugin, settings) as client:
        await send_long_headers(client, 1)
        tracemalloc.start()
        await send_long_headers(client, 100)
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert kept < 2_000_000


async def send_long_headers(client: Client, times: int) -> None:
    names = ("host", "accept", "origin", "accept-encoding", "x-forwarded-for", "content-type", "if-none-match")
    for number in range(times):
        long = f"application/json, {number:060000d}"
        for name in names:
            await client.get("/do", headers={name: long})
            await client.get("/openapi.json", headers={name: long})
            await client.request("POST", "/mcp", body=b"{}", headers={"content-type": "application/json", name: long})
