"""Replies, each checked against the official types of its revision."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from mcp_types import ErrorData, JSONRPCError, JSONRPCResponse
from mcp_types.methods import parse_server_notification, parse_server_result

from plugwright.testing import Reply
from tests.mcp.wire import MODERN, PREFIX

SERVER_INFO: Final = {f"{PREFIX}serverInfo": {"name": "fixture", "version": "1.2.3"}}
MODERN_ONLY: Final = ("resultType", "ttlMs", "cacheScope", "_meta")
CACHED: Final = frozenset(
    {
        "server/discover",
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
        "resources/read",
    }
)


def strict_json(text: str | bytes) -> Any:
    """JSON as the RFC has it: without NaN, Infinity and repeated keys."""
    return json.loads(text, parse_constant=_refuse, object_pairs_hook=_once)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    assert len(found) == len(pairs), pairs
    return found


def result_of(reply: Reply, method: str, version: str = MODERN, *, request_id: Any = 1) -> dict[str, Any]:
    """The result of a reply that is plain JSON, of the form its method has in its revision."""
    assert (reply.status, reply.headers.get("content-type")) == (200, "application/json"), reply.text
    return checked_result(strict_json(reply.body), method, version, request_id=request_id)


def checked_result(message: Any, method: str, version: str = MODERN, *, request_id: Any = 1) -> dict[str, Any]:
    """The result in a message, of the form its method has in its revision."""
    assert set(message) == {"jsonrpc", "id", "result"}, message
    assert (JSONRPCResponse.model_validate(message).id, type(message["id"])) == (request_id, type(request_id))
    result: dict[str, Any] = message["result"]
    parse_server_result(method, version, result)
    if version == MODERN:
        assert result["resultType"] in {"complete", "input_required"}
        assert {key: result["_meta"][key] for key in SERVER_INFO} == SERVER_INFO
        assert ("ttlMs" in result and "cacheScope" in result) == (
            method in CACHED and result["resultType"] == "complete"
        )
    else:
        assert not [key for key in MODERN_ONLY if key in result]
    return result


def error_of(reply: Reply, code: int, *, status: int, request_id: Any = 1) -> dict[str, Any]:
    """The error of a reply, whose id repeats the request's; ``None``: it could not be read, so there is none."""
    assert (reply.status, reply.headers.get("content-type")) == (status, "application/json"), reply.text
    return checked_error(strict_json(reply.body), code, request_id=request_id)


def checked_error(message: Mapping[str, Any], code: int, *, request_id: Any = 1) -> dict[str, Any]:
    """The error in a message."""
    assert set(message) == {"jsonrpc", "error"} | (set() if request_id is None else {"id"}), message
    parsed = JSONRPCError.model_validate({"id": None, **message})
    assert (parsed.id, type(parsed.id)) == (request_id, type(request_id))
    error: dict[str, Any] = message["error"]
    assert set(error) <= {"code", "message", "data"}
    assert ErrorData.model_validate(error).message
    assert error["code"] == code, error
    return error


def texts_of(result: Mapping[str, Any]) -> list[str]:
    """The texts of a tool's result."""
    return [block["text"] for block in result["content"] if block["type"] == "text"]


def failure_of(result: Mapping[str, Any]) -> dict[str, Any]:
    """What a tool error says: JSON of the three fields, and details, that every error has."""
    assert result["isError"] is True
    assert "structuredContent" not in result
    (text,) = texts_of(result)
    failure = strict_json(text)
    assert set(failure) - {"details"} == {"error", "code", "request_id"}
    return failure


def events_of(reply: Reply, version: str = MODERN) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The notifications of an event stream and the reply that ends it, framing checked."""
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/event-stream"
    assert reply.headers["cache-control"] == "no-cache, no-transform"
    assert reply.headers["x-accel-buffering"] == "no"
    assert "content-length" not in reply.headers
    assert reply.text.endswith("\n\n")
    messages: list[dict[str, Any]] = []
    for frame in reply.text.removesuffix("\n\n").split("\n\n"):
        event, data = frame.split("\n")
        assert event == "event: message"
        assert data.startswith("data: ")
        messages.append(strict_json(data.removeprefix("data: ")))
    *notifications, last = messages
    for message in notifications:
        assert set(message) == {"jsonrpc", "method", "params"}
        parse_server_notification(message["method"], version, message["params"])
    return notifications, last
