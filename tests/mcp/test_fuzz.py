"""Whatever arrives, the answer is a valid reply: never a 5xx, never an exception, never half a JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from plugwright import Call, Complete, Form, Plugin, Sampling
from plugwright.json_types import is_array
from plugwright.settings import Settings
from plugwright.testing import Reply
from plugwright.web.asgi import ASGIApp
from tests.mcp.replies import strict_json
from tests.mcp.wire import LEGACY, MODERN, PREFIX, Exchange, header_list, modern, modern_headers, new_plugin, request

FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
STATUSES = {200, 202, 400, 404, 405, 406, 413, 415, 421, 403}
CODES = {-32700, -32600, -32601, -32602, -32603, -32002, -32020, -32021, -32022}


class Name(BaseModel):
    """Who someone is."""

    name: str


def repeated(value: str) -> list[str]:
    """Suggest what is there."""
    return [value]


def with_meta(params: dict[str, Any], meta: dict[str, Any]) -> dict[str, Any]:
    """Parameters with metadata."""
    return {**params, "_meta": meta}


def fixture() -> Plugin:
    """A plugin with something behind every method."""
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def add(a: int, b: float = 0.5, tags: list[str] | None = None) -> float:
        """Add."""
        return a + b + len(tags or [])

    @plugin.operation(effect="write", open_world=False)
    async def ask(*, call: Call) -> str:
        """Ask."""
        answers = await call.ask(who=Form("Who?", Name), model=Sampling([], 5), remember={"x": 1})
        call.progress(1)
        return str(len(answers))

    @plugin.prompt()
    async def trip(city: Annotated[str, Complete(repeated)], days: int = 1) -> str:
        """Plan."""
        return city * days if days < 5 else city

    @plugin.resource("fixture://city/{id}")
    async def city(id: int, *, call: Call) -> str:  # noqa: A002 the name in the URI
        """A city."""
        call.message("info", {"id": id})
        return str(id)

    return plugin


TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["add", "ask", "trip", "city", "fixture://city/1", "2.0", MODERN, *LEGACY, "ref/prompt", "accept"]),
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
METHODS = st.one_of(
    st.sampled_from(
        [
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
            "resources/subscribe",
            "completion/complete",
            "logging/setLevel",
            "notifications/cancelled",
            "subscriptions/listen",
            "tasks/get",
        ]
    ),
    TEXTS,
)
META_KEYS = ["protocolVersion", "clientCapabilities", "clientInfo", "logLevel"]
META = st.dictionaries(
    st.sampled_from([f"{PREFIX}{key}" for key in META_KEYS] + ["progressToken", "traceparent"]), JSON, max_size=5
)
PARAMS = st.dictionaries(
    st.sampled_from(
        [
            "name",
            "arguments",
            "uri",
            "cursor",
            "ref",
            "argument",
            "level",
            "protocolVersion",
            "inputResponses",
            "requestState",
        ]
    ),
    JSON,
    max_size=5,
)
MESSAGES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | JSON,
        "id": st.integers() | st.text(max_size=5) | JSON,
        "method": METHODS | JSON,
        "params": st.builds(with_meta, PARAMS, META) | PARAMS | JSON,
        "result": JSON,
        "error": JSON,
    },
)
HEADER_VALUES = st.one_of(
    st.sampled_from([MODERN, *LEGACY, "tools/call", "tools/list", "add", "=?base64?YWRk?=", "=?base64?!?=", ""]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["mcp-protocol-version", "mcp-method", "mcp-name", "mcp-param-x", "mcp-session-id", "accept"]),
        HEADER_VALUES,
    ),
    max_size=4,
)
VALID: list[dict[str, Any]] = [
    modern("server/discover"),
    modern("tools/list", {"cursor": "YWZ0ZXI6YWRk"}),
    modern("tools/call", {"name": "add", "arguments": {"a": 1, "b": 2.5, "tags": ["x"]}}),
    modern(
        "tools/call",
        {
            "name": "ask",
            "inputResponses": {"who": {"action": "accept", "content": {"name": "x"}}},
            "requestState": "v1.a.b",
        },
    ),
    modern("prompts/get", {"name": "trip", "arguments": {"city": "Oslo", "days": "2"}}),
    modern("resources/read", {"uri": "fixture://city/7"}),
    modern(
        "completion/complete",
        {"ref": {"type": "ref/prompt", "name": "trip"}, "argument": {"name": "city", "value": "O"}, "context": {}},
    ),
    request("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x"}}),
    request("tools/call", {"name": "add", "arguments": {"a": 1}, "_meta": {"progressToken": 1}}),
    request("logging/setLevel", {"level": "info"}),
]


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A valid message in which one member, at any depth, was removed, added or replaced."""
    message: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(VALID))))
    place: Any = message
    key = draw(st.sampled_from(sorted(place)))
    while isinstance(place[key], dict) and place[key] and draw(st.booleans()):
        place = place[key]
        key = draw(st.sampled_from(sorted(place)))
    match draw(st.sampled_from(["remove", "replace", "add"])):
        case "remove":
            del place[key]
        case "replace":
            place[key] = draw(JSON)
        case _:
            place[draw(TEXTS)] = draw(JSON)
    return message


def check_message(message: Any) -> None:
    """A reply or a notification is JSON-RPC."""
    assert message["jsonrpc"] == "2.0"
    if "method" in message:
        assert set(message) == {"jsonrpc", "method", "params"}
    elif "error" in message:
        assert set(message) <= {"jsonrpc", "id", "error"}
        assert message["error"]["code"] in CODES
        assert isinstance(message["error"]["message"], str)
    else:
        assert set(message) == {"jsonrpc", "id", "result"}
        assert isinstance(message["result"], dict)
    assert isinstance(message.get("id", 0), (int, str))
    assert not isinstance(message.get("id", 0), bool)


def check(reply: Reply, *, may_fail: bool = False) -> None:
    """A reply is one of those that the protocol knows; ``may_fail``: an internal error is no surprise."""
    assert reply.status in STATUSES, reply.text
    if reply.status == 202:
        assert reply.body == b""
        return
    messages: Any = reply.events() if reply.headers["content-type"] == "text/event-stream" else strict_json(reply.body)
    for message in messages if is_array(messages) else [messages]:
        check_message(message)
        assert may_fail or message.get("error", {}).get("code") != -32603, message


def post(body: bytes, headers: Mapping[str, str] | list[tuple[str, str]]) -> Reply:
    """One POST."""

    pairs = list(headers.items()) if isinstance(headers, Mapping) else headers
    return asyncio.run(Exchange(application(), header_list(*pairs), [body]).run())


@cache
def application() -> ASGIApp:
    """One application for all examples: building it costs more than they do."""
    return fixture().asgi(Settings(call_log=False))


@FUZZ
@given(st.binary(max_size=200))
def test_any_bytes(body: bytes):
    check(post(body, {}))


@FUZZ
@given(JSON | st.lists(MESSAGES, max_size=4), HEADERS)
def test_any_json(message: Any, headers: list[tuple[str, str]]):
    check(post(json.dumps(message).encode(), headers))


@FUZZ
@given(MESSAGES, HEADERS)
def test_any_message_with_any_headers(message: dict[str, Any], headers: list[tuple[str, str]]):
    check(post(json.dumps(message).encode(), headers))


@FUZZ
@given(MESSAGES, st.sampled_from([MODERN, *LEGACY]))
def test_any_message_with_the_headers_that_mirror_it(message: dict[str, Any], version: str):
    headers = {name: value for name, value in modern_headers(message, version).items() if value.isascii()}
    check(post(json.dumps(message).encode(), headers))


@FUZZ
@given(mutated(), st.sampled_from([MODERN, None, *LEGACY]))
def test_a_valid_message_with_one_thing_changed(message: dict[str, Any], version: str | None):
    headers = {} if version is None else modern_headers(message, version)
    check(post(json.dumps(message).encode(), {name: value for name, value in headers.items() if value.isascii()}))
