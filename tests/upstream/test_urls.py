"""Which URLs may be fetched: reliability test 26, attacks G4."""

from contextlib import AsyncExitStack

import pytest

from plugwright.upstream.safe_fetch import FetchRefused, SafeFetch
from plugwright.upstream.urls import UrlRefused, check_url
from tests.upstream.servers import canary

# {p} is the port on which canaries listen
REFUSED = (
    # other schemes, and none
    *(
        "http://example.com/",
        "http://127.0.0.1:{p}/",
        "HTTPS://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
    ),
    *("gopher://127.0.0.1:{p}/_x", "dict://127.0.0.1:{p}/", "data:application/json,1", "javascript:alert(1)"),
    *("ws://example.com/", "//example.com/", "/etc/passwd", "example.com", "", "https:", "https:/", "https://"),
    *("https:example.com/", "https:/example.com/", "https:///example.com/", "blob:https://example.com/1", "unix:///x"),
    # loopback in every notation
    *("https://127.0.0.1:{p}/", "https://127.0.0.2:{p}/", "https://127.1:{p}/", "https://127.0.1:{p}/"),
    *("https://2130706433:{p}/", "https://0x7f000001:{p}/", "https://0x7F.0.0.1:{p}/", "https://0177.0.0.1:{p}/"),
    *("https://017700000001:{p}/", "https://0177.0x0.0.1:{p}/", "https://0x7f.1:{p}/", "https://127.0.0.1.:{p}/"),
    *("https://127.000.000.001:{p}/", "https://00000177.0.0.1:{p}/", "https://0.0.0.0:{p}/", "https://0:{p}/"),
    *(
        "https://\uff10x7f.1:{p}/",
        "https://①②⑦.⓪.⓪.①:{p}/",
        "https://127。0。0。1:{p}/",
        "https://127%2e0%2e0%2e1:{p}/",
    ),
    *(
        "https://%31%32%37.0.0.1:{p}/",
        "https://4294967297:{p}/",
        "https://256.256.256.256/",
        "https://127.0.0.0x1:{p}/",
    ),
    *("https://localhost:{p}/", "https://LOCALHOST:{p}/", "https://localhost.:{p}/", "https://a.localhost:{p}/"),
    *("https://localhost.localdomain:{p}/", "https://ip6-localhost:{p}/"),
    # IPv6, and IPv4 inside it
    *("https://[::1]:{p}/", "https://[::]:{p}/", "https://[0:0:0:0:0:0:0:1]:{p}/", "https://[::ffff:127.0.0.1]:{p}/"),
    *("https://[::ffff:7f00:1]:{p}/", "https://[::127.0.0.1]:{p}/", "https://[64:ff9b::127.0.0.1]:{p}/"),
    *("https://[64:ff9b::7f00:1]:{p}/", "https://[64:ff9b:1::7f00:1]:{p}/", "https://[2002:7f00:1::]:{p}/"),
    *("https://[2001:0:0:0:0:0:80ff:fffe]:{p}/", "https://[fe80::1%25eth0]:{p}/", "https://[fe80::1]:{p}/"),
    *("https://[fc00::1]/", "https://[ff02::1]/", "https://[fd00:ec2::254]/", "https://[::1%251]:{p}/"),
    *("https://[2606:4700:4700::1111]/", "https://[v1.x]/", "https://[::1/", "https://::1:{p}/"),
    # the cloud and the local network
    *("https://169.254.169.254/latest/meta-data/", "https://169.254.170.2/v2/", "https://0xA9FEA9FE/"),
    *("https://2852039166/", "https://0251.0376.0251.0376/", "https://metadata.google.internal/", "https://metadata/"),
    *("https://100.100.100.200/", "https://168.63.129.16/", "https://192.0.0.192/", "https://100.64.0.1/"),
    *("https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.0.1/", "https://224.0.0.1/"),
    *("https://255.255.255.255/", "https://198.18.0.1/", "https://8.8.8.8/", "https://printer.local/"),
    *("https://intranet/", "https://kubernetes.default.svc.cluster.local/", "https://router.lan/"),
    # userinfo, fragment, ports
    *(
        "https://a@example.com/",
        "https://a:b@example.com/",
        "https://@example.com/",
        "https://example.com@127.0.0.1:{p}/",
    ),
    *("https://127.0.0.1:{p}@example.com/", "https://example.com:443@127.0.0.1/", "https://example.com%40127.0.0.1/"),
    *("https://example.com/#", "https://example.com/#x", "https://example.com#@127.0.0.1:{p}/"),
    *("https://example.com:/", "https://example.com:0/", "https://example.com:080/", "https://example.com:65536/"),
    *("https://example.com:22/", "https://example.com:25/", "https://example.com:80/", "https://example.com:+443/"),
    *(
        "https://example.com:-1/",
        "https://example.com: 443/",
        "https://example.com:4 43/",
        "https://example.com:443:1/",
    ),
    *(
        "https://example.com:\uff14\uff14\uff13/",
        "https://example.com:0443/",
        "https://example.com:99999999999999999999/",
    ),
    # paths
    *("https://example.com/.", "https://example.com/..", "https://example.com/../x", "https://example.com/a/./b"),
    *(
        "https://example.com/%2e%2e/x",
        "https://example.com/.%2E/x",
        "https://example.com/%2e",
        "https://example.com/a%2fb",
    ),
    *(
        "https://example.com/a%5cb",
        "https://example.com\\@127.0.0.1:{p}/",
        "https://example.com/\\..",
        "https:\\\\example.com/",
    ),
    *("https://example.com/%00", "https://example.com/a%0d%0ab", "https://example.com/%zz", "https://example.com/%"),
    *("https://example.com/?a=%0a", "https://example.com/a?%", "https://example.com/a b", "https://example.com/é"),
    *("https://example.com/a\tb", "https://exam\nple.com/", "https://example.com/\r\nHost: x", " https://example.com/"),
    *("https://example.com/ ", "https://example.com/\x00", "https://example.com\u2028/", "https://example.com/{x}"),
    # names that are none
    *(
        "https://exa mple.com/",
        "https://example..com/",
        "https://.example.com/",
        "https://-a.example/",
        "https://a*.example/",
    ),
    *("https://example.com,127.0.0.1/", "https://example.com;127.0.0.1/", "https://e\u0301xample.com/"),
    *("https://ⓔxample.com/", "https://example.com\u3002/", "https://" + "a" * 300 + ".example/"),
    "https://example.com/" + "a" * 2048,
)
ALLOWED = (
    *("https://example.com", "https://example.com/", "https://example.com/client.json", "https://example.com:8443/a"),
    *(
        "https://example.com:443/a",
        "https://a.b.example/a/b.c/d~e?f=g&h=%20",
        "https://EXAMPLE.com/...",
        "https://example.com//a",
    ),
    *("https://xn--bcher-kva.example/", "https://example.com/%41", "https://example.com/a;b=c"),
)


def test_there_are_as_many_urls_as_the_reliability_page_asks_for():
    assert len(set(REFUSED)) >= 120


async def test_g4_no_refused_url_leads_to_a_connection():
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(canary("127.0.0.1"))
        others = [await stack.enter_async_context(canary(host, first.port)) for host in ("127.0.0.2", "::1")]
        looked_up: list[str] = []

        async def resolve(host: str, port: int) -> list[str]:
            looked_up.append(host)
            return ["127.0.0.1"]

        fetch = SafeFetch(resolve=resolve)
        stack.push_async_callback(fetch.aclose)

        for url in REFUSED:
            with pytest.raises(FetchRefused):
                await fetch.get(url.replace("{p}", str(first.port)), max_bytes=100, deadline_seconds=5)
            with pytest.raises(FetchRefused):
                await fetch.post_form(url.replace("{p}", str(first.port)), {}, max_bytes=100, deadline_seconds=5)

        assert looked_up == []
        assert [server.requests for server in (first, *others)] == [[], [], []]


@pytest.mark.parametrize("url", ALLOWED)
def test_a_plain_https_url_may_be_fetched(url: str):
    check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://127.0.0.1:90000/",
            "http://127.0.0.1:900/",
            "http://127.0.0.1:9000@example.com/",
            "http://127.0.0.1/",
        ),
        *("https://127.0.0.1:9000/", "http://127.0.0.1:9000.example.com/", "http://127.0.0.2:9000/"),
        *("http://127.0.0.1:9000/../x", "http://127.0.0.1:9000/#x", "http://a@127.0.0.1:9000/"),
    ],
)
def test_an_allowed_origin_exempts_nothing_else(url: str):
    check_url("http://127.0.0.1:9000/x?y", ["http://127.0.0.1:9000"])

    with pytest.raises(UrlRefused):
        check_url(url, ["http://127.0.0.1:9000"])


@pytest.mark.parametrize("origin", ["http://127.0.0.1:9000/", "127.0.0.1:9000", "ftp://a", "http://a@b", "http://*"])
def test_an_allowed_origin_has_to_be_an_origin(origin: str):
    with pytest.raises(UrlRefused, match="is not an origin"):
        SafeFetch([origin])
