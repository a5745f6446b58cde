"""Requests that are nearly JSON-RPC, byte by byte: what no encoder of JSON and no client of HTTP would send."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from hypothesis import strategies as st

from tests.external.raw_http import chunked, request

MODERN: Final = b"2026-07-28"
VERSIONS: Final = [MODERN, b"2025-11-25", b"2025-06-18", b"2025-03-26", b"2024-11-05", b"2099-01-01", b""]
METHODS: Final = [
    "initialize",
    "ping",
    "server/discover",
    "tools/list",
    "tools/call",
    "prompts/list",
    "prompts/get",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "completion/complete",
    "logging/setLevel",
    "notifications/cancelled",
    "subscriptions/listen",
    "tasks/get",
]
TARGETS: Final = [
    *((b"tools/call", name) for name in (b"add", b"find", b"take", b"echo", b"slow")),
    (b"prompts/get", b"plan"),
    (b"resources/read", b"hostile://city/7"),
    (b"completion/complete", b"plan"),
]
NAMES: Final = ["add", "take", "slow", "plan", "hostile://city/7", "no such"]
KEYS: Final = ["name", "arguments", "uri", "cursor", "level", "_meta", "number", "data", "texts", "steps", "city"]
MODERN_META: Final = (
    b'{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}'
)
ODD_VALUES: Final = [
    b"1e400", b"-0", b"1" * 400, b"1" * 5000, b"0.1e-999", b"NaN", b"Infinity", b"tru", b"+1", b"01", b".5",
    b'"\\ud800"', b'"\\u0000"', b'"\xff"', b'"\xc0\xaf"', b'"', b"'a'", b"[" * 300, b"[" * 150 + b"]" * 150,
    b'{"a":' * 150 + b"1" + b"}" * 150, b"{", b"}", b"", b",", b'{"a":1,"a":2}', b"\xef\xbb\xbf1", b"/**/1", b'"\x01"',
]  # fmt: skip
_MIRRORED = re.compile(rb'"method":"([a-z/]+)","params":\{"name":"([a-z0-9:/]+)"')


def quoted(text: str) -> bytes:
    """A text as JSON."""
    return json.dumps(text).encode()


def joined(members: list[tuple[str, bytes]]) -> bytes:
    """An object; a key may be there twice, and its value anything."""
    return b"{%b}" % b",".join(quoted(key) + b":" + value for key, value in members)


def batch(messages: list[bytes]) -> bytes:
    """Messages as an array."""
    return b"[%b]" % b",".join(messages)


def _inner(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)


PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(NAMES) | st.text(max_size=8),
    _inner,
    max_leaves=6,
)
VALUES: st.SearchStrategy[bytes] = PLAIN.map(lambda value: json.dumps(value).encode()) | st.sampled_from(ODD_VALUES)
OBJECTS = st.lists(st.tuples(st.sampled_from(KEYS), VALUES), max_size=4).map(joined)
ARGUMENTS = st.one_of(
    OBJECTS,
    VALUES.map(lambda value: b'{"data":%b}' % value),
    VALUES.map(lambda value: b'{"number":1,"other":%b}' % value),
    VALUES.map(lambda value: b'{"number":%b}' % value),
    VALUES.map(lambda value: b'{"place":"x","tags":[%b]}' % value),
    VALUES.map(lambda value: b'{"texts":{"a":[%b]}}' % value),
    VALUES.map(lambda value: b'{"city":"x","days":%b}' % value),
    st.integers(0, 4).map(lambda steps: b'{"steps":%d}' % steps),
)
MEMBERS: st.SearchStrategy[tuple[str, bytes]] = st.one_of(
    st.tuples(st.just("jsonrpc"), st.just(b'"2.0"') | VALUES),
    st.tuples(st.just("id"), st.integers().map(lambda number: b"%d" % number) | VALUES),
    st.tuples(st.just("method"), st.sampled_from(METHODS).map(quoted) | VALUES),
    st.tuples(st.just("params"), OBJECTS | VALUES),
)
MESSAGES = st.lists(MEMBERS, max_size=5).map(joined)


@st.composite
def calls(draw: st.DrawFn) -> bytes:
    """A call that is right but for its arguments."""
    method, name = draw(st.sampled_from(TARGETS))
    meta = draw(st.just(MODERN_META) | OBJECTS)
    params = b'{"name":"%b","uri":"%b","arguments":%b,"_meta":%b}' % (name, name, draw(ARGUMENTS), meta)
    return b'{"jsonrpc":"2.0","id":%d,"method":"%b","params":%b}' % (draw(st.integers()), method, params)


BODIES: st.SearchStrategy[bytes] = st.one_of(
    calls(),
    calls(),
    calls(),
    MESSAGES,
    st.lists(MESSAGES | calls(), max_size=25).map(batch),
    VALUES,
    st.binary(max_size=60),
)
DAMAGE: Final = ["none"] * 8 + ["cut", "gone", "twice", "other"]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A body of which a part may be gone, twice there, or other bytes."""
    body = draw(BODIES)
    start = draw(st.integers(0, len(body)))
    end = draw(st.integers(start, len(body)))
    forms = {
        "none": body,
        "cut": body[:start],
        "gone": body[:start] + body[end:],
        "twice": body[:end] + body[start:],
        "other": body[:start] + draw(st.binary(max_size=5)) + body[end:],
    }
    return forms[draw(st.sampled_from(DAMAGE))]


HEADER_NAMES = st.sampled_from(
    [b"MCP-Method", b"MCP-Name", b"Mcp-Param-X", b"Accept", b"Origin", b"Content-Encoding", b"traceparent"]
)
LETTERS = st.characters(min_codepoint=32, max_codepoint=255).filter(lambda letter: letter != "\x7f")
HEADER_VALUES: st.SearchStrategy[bytes] = st.sampled_from([b"tools/call", b"add", b"*/*", b"=?base64?!?="]) | st.text(
    LETTERS, max_size=9
).map(lambda text: text.encode("latin-1"))


@st.composite
def headers(draw: st.DrawFn, body: bytes) -> list[bytes]:
    """Those that belong to a body, or nearly."""
    version = draw(st.sampled_from(VERSIONS))
    found = [b"Content-Type: application/json", b"Connection: close"]
    found += [b"MCP-Protocol-Version: " + version] if version else []
    mirrored = _MIRRORED.search(body)
    if version == MODERN and mirrored is not None:
        found += [b"MCP-Method: " + mirrored[1], b"MCP-Name: " + mirrored[2]]
    if draw(st.integers(0, 3)) == 0:
        found += [b"%b: %b" % pair for pair in draw(st.lists(st.tuples(HEADER_NAMES, HEADER_VALUES), max_size=3))]
    return found


@st.composite
def requests(draw: st.DrawFn) -> list[bytes]:
    """A POST to MCP in packets; its length may be wrong, and its pieces of any size."""
    body = draw(damaged())
    given = draw(headers(body))
    if draw(st.booleans()):
        size = draw(st.integers(1, 50))
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        whole = request(b"POST", b"/mcp", [*given, b"Transfer-Encoding: chunked"]) + chunked(pieces)
    else:
        length = max(0, len(body) + draw(st.sampled_from([0] * 16 + [1, -1, 100, -100])))
        whole = request(b"POST", b"/mcp", [*given, b"Content-Length: %d" % length]) + body
    cuts = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=3)))
    return [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
