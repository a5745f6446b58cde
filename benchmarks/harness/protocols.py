"""The ways in which a subject is asked for the weather, and how its answer is read."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from .wire import HttpCall, Reply

TOOL = "get_weather"
TOKEN = "benchmark-token"  # noqa: S105 - a made-up token that only the benchmark's own app knows
TOKEN_FORM = "pw_at_{:0>43}"  # noqa: S105 - what the tokens of `seed_sign_in` look like
SIGNED_IN = f"Bearer {TOKEN_FORM.format(0)}"
"""The Authorization header of the user who calls a plugin with sign-in."""
OUTSIDERS = (None, f"Bearer {TOKEN_FORM.format('unknown')}", f"Bearer {TOKEN_FORM.format('narrow')}")
"""Nobody, somebody unknown, and a user who did not allow what the operation does."""
MODERN_VERSION = "2026-07-28"
LEGACY_VERSION = "2025-11-25"

Arguments = Mapping[str, str]


@dataclass(frozen=True)
class Protocol:
    """How to ask, and how to read the answer (None: the subject refused the input)."""

    ask: Callable[[Arguments], HttpCall]
    read: Callable[[Reply], Any]
    baseline: str
    """The bare app to be held against: ``get`` answers at once, ``post`` reads the body first."""
    outsiders: tuple[str | None, ...] = ()
    """Authorization headers that must get no answer; None: there is none."""


def authorized(call: HttpCall, authorization: str | None) -> HttpCall:
    """The same call with this Authorization header in place of its own; None: without one."""
    others = tuple(header for header in call.headers if header[0] != "Authorization")
    return replace(call, headers=others if authorization is None else (*others, ("Authorization", authorization)))


def _signed_in(protocol: "Protocol") -> "Protocol":
    """The same protocol for a user who signed in."""

    def ask(arguments: Arguments) -> HttpCall:
        return authorized(protocol.ask(arguments), SIGNED_IN)

    return replace(protocol, ask=ask, outsiders=OUTSIDERS)


def _ask_rest(arguments: Arguments) -> HttpCall:
    return HttpCall("GET", f"/weather?{urlencode(arguments)}")


def _ask_rest_with_token(arguments: Arguments) -> HttpCall:
    return authorized(_ask_rest(arguments), f"Bearer {TOKEN}")


def _ask_rest_in_path(arguments: Arguments) -> HttpCall:
    others = {name: value for name, value in arguments.items() if name != "city"}
    return HttpCall("GET", f"/weather/{quote(arguments.get('city', ''), safe='')}?{urlencode(others)}")


def _read_rest(reply: Reply) -> Any:
    if 400 <= reply.status < 500:
        return None
    return json.loads(reply.body) if reply.status == 200 else f"status {reply.status}"


def _ask_mcp(arguments: Arguments, version: str, meta: dict[str, Any], *headers: tuple[str, str]) -> HttpCall:
    params = {"name": TOOL, "arguments": dict(arguments), **meta}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    always = (
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
        ("MCP-Protocol-Version", version),
    )
    return HttpCall("POST", "/mcp", (*always, *headers), json.dumps(body, separators=(",", ":")))


def _ask_mcp_modern(arguments: Arguments) -> HttpCall:
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN_VERSION,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "benchmark", "version": "1.0.0"},
    }
    headers = (("Mcp-Method", "tools/call"), ("Mcp-Name", TOOL))
    return _ask_mcp(arguments, MODERN_VERSION, {"_meta": meta}, *headers)


def _ask_mcp_legacy(arguments: Arguments) -> HttpCall:
    return _ask_mcp(arguments, LEGACY_VERSION, {})


def _read_mcp(reply: Reply) -> Any:
    message = json.loads(reply.body)
    if "error" in message or message["result"].get("isError"):
        return None
    return message["result"]["structuredContent"] if reply.status == 200 else f"status {reply.status}"


REST = Protocol(_ask_rest, _read_rest, "get")
REST_WITH_TOKEN = Protocol(_ask_rest_with_token, _read_rest, "get", (None, "Bearer unknown"))
REST_IN_PATH = Protocol(_ask_rest_in_path, _read_rest, "get")
MCP_MODERN = Protocol(_ask_mcp_modern, _read_mcp, "post")
MCP_LEGACY = Protocol(_ask_mcp_legacy, _read_mcp, "post")
SIGNED_IN_REST = _signed_in(REST)
SIGNED_IN_MCP_MODERN = _signed_in(MCP_MODERN)
SIGNED_IN_MCP_LEGACY = _signed_in(MCP_LEGACY)
