"""A served plugin before requests that are made to break it: each is answered, and the process goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.external.raw_http import chunked, exchange, mcp, post, request
from tests.external.servers import Server, serving

BODY_SECONDS = "1"
MOST_MEMORY = 400 * 1024 * 1024


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for all, so that what one request leaves behind meets the others."""
    with serving("tests.external.hostile:plugin", body_timeout=BODY_SECONDS, call_log="false") as found:
        yield found
        assert found.resident_bytes < MOST_MEMORY


def deep(opening: bytes, closing: bytes, levels: int = 10_000) -> bytes:
    return opening * levels + b"1" + closing * levels


def call(name: bytes, arguments: bytes, *, meta: bytes = b"{}") -> bytes:
    return mcp(
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"%b","arguments":%b,"_meta":%b}}'
        % (name, arguments, meta)
    )


MANY_KEYS = b"{%b}" % b",".join(b'"key%d":0' % number for number in range(250_000))
TWICE = b"{%b}" % b",".join([b'"data":1'] * 300_000)
PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
GET = request(b"GET", b"/add?number=1")
LIMIT = 4 * 1024 * 1024

JSON_ROWS = {
    "arrays 10,000 deep": (deep(b"[", b"]"), {400}),
    "objects 10,000 deep": (deep(b'{"a":', b"}"), {400}),
    "arrays that never close": (b"[" * 1_000_000, {400}),
    "arrays as deep as they may be": (deep(b"[", b"]", 190), {200}),
    "250,000 keys": (MANY_KEYS, {200}),
    "a number of 4,300 digits": (b"1" * 4300, {200}),
    "a number of a million digits": (b"1" * 1_000_000, {400}),
    "a number beyond a double": (b"1e400", {200, 400}),
    "a number near zero": (b"1e-99999", {200}),
    "half a surrogate": (b'"\\ud800"', {400}),
    "a NUL": (b'"\\u0000"', {200}),
    "bad UTF-8": (b'"\xff\xfe"', {400}),
    "overlong UTF-8": (b'"\xc0\xaf"', {400}),
    "no value": (b"", {400}),
    "NaN": (b"NaN", {400}),
    "a comment": (b"1/**/", {400}),
    "a control character": (b'"\x01"', {400}),
}


@pytest.mark.parametrize("name", JSON_ROWS)
def test_json_of_every_kind_is_read_or_refused_over_rest(server: Server, name: str) -> None:
    text, statuses = JSON_ROWS[name]
    assert exchange(server, post(b"/take", b'{"data":%b}' % text)).status in statuses


@pytest.mark.parametrize("name", JSON_ROWS)
@pytest.mark.parametrize("place", ["arguments", "id", "params", "message", "token"])
def test_json_of_every_kind_is_read_or_refused_over_mcp(server: Server, name: str, place: str) -> None:
    text, _ = JSON_ROWS[name]
    sent = {
        "arguments": call(b"take", b'{"data":%b}' % text),
        "id": mcp(b'{"jsonrpc":"2.0","id":%b,"method":"ping"}' % text),
        "params": mcp(b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":%b}' % text),
        "message": mcp(text),
        "token": call(b"slow", b"{}", meta=b'{"progressToken":%b}' % text),
    }[place]
    reply = exchange(server, sent)
    assert reply.status in {200, 400}
    assert b"-32603" not in reply.body
    assert b'"jsonrpc":"2.0"' in reply.body


ODD = {
    "a key 300,000 times": (post(b"/take", TWICE), {200, 400}),
    "250,000 unknown inputs": (post(b"/take", MANY_KEYS), {400}),
    "250,000 wrong values": (post(b"/echo", b'{"texts":%b}' % MANY_KEYS), {400}),
    "a byte order mark": (post(b"/take", b'\xef\xbb\xbf{"data":1}'), {400}),
    "UTF-16": (post(b"/take", '{"data":1}'.encode("utf-16")), {400}),
    "more than the limit": (post(b"/take", b"[" + b"1," * (LIMIT // 2) + b"1]"), {413}),
    "100,000 parameters": (request(b"GET", b"/add?" + b"&".join([b"p=1"] * 100_000)), {414, 431}),
    "1,000 parameters": (request(b"GET", b"/add?" + b"&".join([b"p=1"] * 1000)), {400}),
    "a parameter twice": (request(b"GET", b"/add?number=1&number=2"), {400}),
    "a parameter of 30,000 digits": (request(b"GET", b"/add?number=" + b"1" * 30_000), {400}),
    "a list of 200": (request(b"GET", b"/find/x?" + b"&".join([b"tags=a"] * 200)), {400}),
    "only separators": (request(b"GET", b"/add?" + b"&=" * 100), {400}),
    "broken escapes": (request(b"GET", b"/find/%zz%1?tags=%f"), {200}),
    "NUL in a path": (request(b"GET", b"/find/a%00b"), {200}),
    "bad UTF-8 in a path": (request(b"GET", b"/find/%ff%fe"), {404}),
    "overlong UTF-8 in a path": (request(b"GET", b"/find/%c0%ae"), {404}),
    "raw Latin-1 in a query": (request(b"GET", b"/add?number=\xe9"), {400}),
    "a path up and out": (request(b"GET", b"/find/../../etc/passwd"), {404}),
    "15,000 segments": (request(b"GET", b"/find/" + b"a/" * 15_000), {404}),
    "a batch of 100,000": (mcp(b"[" + b",".join([PING] * 80_000) + b"]", b"2025-03-26"), {400}),
    "batches in batches": (mcp(b"[[[[]]]]", b"2025-03-26"), {200, 400}),
    "an empty batch": (mcp(b"[]", b"2025-03-26"), {400}),
    "a version of 60,000 digits": (mcp(PING, b"9" * 60_000), {200, 400}),
    "a cursor of 100,000 letters": (
        mcp(b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"%b"}}' % (b"A" * 100_000)),
        {200},
    ),
    "a URI of 100,000 digits": (
        mcp(
            b'{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"hostile://city/%b"}}'
            % (b"9" * 100_000)
        ),
        {200},
    ),
    "Accept without an end": (request(b"GET", b"/add?number=1", [b"Accept: " + b"a/b;q=0.1," * 6000]), {406}),
    "Accept-Encoding without an end": (request(b"GET", b"/", [b"Accept-Encoding: " + b"gzip;q=," * 7000]), {200}),
    "If-None-Match without an end": (request(b"GET", b"/", [b"If-None-Match: " + b'"a",' * 15_000]), {200}),
    "a token of 60,000 letters": (
        request(b"GET", b"/add?number=1", [b"Authorization: Bearer " + b"a" * 60_000]),
        {200},
    ),
    "a broken origin": (request(b"GET", b"/add?number=1", [b"Origin: http://[::1"]), {200}),
    "a broken origin to MCP": (post(b"/mcp", PING, b"Origin: http://a]b"), {403}),
    "a broken trace": (
        request(b"GET", b"/add?number=1", [b"traceparent: \xff-0", b"tracestate: " + b"a," * 999]),
        {200},
    ),
    "a content type without an end": (
        request(b"POST", b"/take", [b"Content-Type: application/json" + b";a=b" * 9999], b'{"data":1}'),
        {200, 415},
    ),
    "a negative length": (request(b"POST", b"/take", [b"Content-Length: -5"]) + b"hello", {400}),
    "a length with a sign": (request(b"POST", b"/take", [b"Content-Length: +5"]) + b"hello", {400}),
    "a length of 30 digits": (request(b"POST", b"/take", [b"Content-Length: " + b"9" * 30]), {400}),
    "two lengths": (request(b"POST", b"/take", [b"Content-Length: 5", b"Content-Length: 6"]) + b"hello!", {400}),
    "a length beyond the limit": (request(b"POST", b"/take", [b"Content-Length: 99999999999"]), {413}),
    "a length and pieces": (
        request(b"POST", b"/take", [b"Content-Length: 5", b"Transfer-Encoding: chunked"]) + b"0\r\n\r\n",
        {400},
    ),
    "another transfer coding": (request(b"POST", b"/take", [b"Transfer-Encoding: gzip"]) + b"hello", {400, 408}),
    "a piece of negative length": (
        request(b"POST", b"/take", [b"Transfer-Encoding: chunked"]) + b"-1\r\nab\r\n",
        {400, 408},
    ),
    "a piece of endless length": (
        request(b"POST", b"/take", [b"Transfer-Encoding: chunked"]) + b"f" * 99 + b"\r\nab\r\n",
        {400, 408},
    ),
    "a piece that stays away": (
        request(b"POST", b"/take", [b"Transfer-Encoding: chunked"]) + b"ffffffff\r\nab\r\n",
        {408},
    ),
    "less than its length": (request(b"POST", b"/take", [b"Content-Length: 50"]) + b'{"data":1}', {408}),
    "no HTTP version": (b"GET /\r\n\r\n", {400, 421}),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}),
    "TLS": (bytes.fromhex("16030100a5010000a1"), {400}),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: 127.0.0.1\n\n", {400}),
    "NUL in a header": (request(b"GET", b"/", [b"X: a\x00b"]), {400}),
    "a folded header": (request(b"GET", b"/", [b"X: a\r\n b"]), {400}),
    "CONNECT": (request(b"CONNECT", b"127.0.0.1:1"), {400}),
    "OPTIONS *": (request(b"OPTIONS", b"*"), {404}),
    "TRACE": (request(b"TRACE", b"/"), {405}),
    "no host in a URL": (request(b"GET", b"http://"), {400}),
    "no target": (request(b"GET", b""), {400}),
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", {421}),
    "two Hosts": (request(b"GET", b"/", [b"Host: 127.0.0.1"]), {421}),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_request_is_answered_with_what_is_wrong_with_it(server: Server, name: str) -> None:
    sent, statuses = ODD[name]
    assert exchange(server, sent).status in statuses
    assert exchange(server, GET).body == b"1.5"


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_request_may_come_in_packets_and_pieces_of_any_size(server: Server, size: int) -> None:
    body = b'{"texts":{"\xe4\xba\xac":[1,2,3]}}'
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    head = request(b"POST", b"/echo", [b"Content-Type: application/json", b"Transfer-Encoding: chunked"])
    whole = head + chunked(pieces)
    packets = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert exchange(server, *packets).json() == {"京": [1, 2, 3]}


def test_who_hangs_up_in_the_middle_harms_nobody(server: Server) -> None:
    whole = post(b"/take", b'{"data":[1,2,3]}')
    for at in range(0, len(whole), 11):
        assert exchange(server, whole[:at], ends=True).status in {0, 400}
    assert exchange(server, GET).body == b"1.5"
