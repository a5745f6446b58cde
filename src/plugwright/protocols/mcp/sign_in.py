"""Calls that are refused for who calls: the result that asks for sign-in, and the HTTP reply it travels with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from plugwright.auth.gate import Gate
from plugwright.errors import AccessRefused, InvalidToken, MalformedCredentials, PlugwrightError
from plugwright.protocols.mcp.request import Request
from plugwright.protocols.mcp.results import Results
from plugwright.web.replies import JSON, error_body, error_headers

CHALLENGE_KEY = "mcp/www_authenticate"


@dataclass(frozen=True, slots=True)
class Guards:
    """Who may call what.

    ``front`` stands before everything, where nothing is public; ``gates`` before single tools. ``asks_by_http``:
    whether a tool asks for sign-in by the HTTP status rather than inside a result alone, as ChatGPT reads it where
    other tools are open.
    """

    front: Gate | None = None
    gates: Mapping[str, Gate] = field(default_factory=dict[str, Gate])
    asks_by_http: bool = True

    @property
    def any_gate(self) -> Gate | None:
        """One of them, where it matters to any call who calls."""
        return self.front or next(iter(self.gates.values()), None)


class NotAdmitted(Exception):
    """A call that was refused for who calls: its result, and its status over HTTP."""

    def __init__(self, status: int, result: bytes) -> None:
        super().__init__()
        self.status = status
        self.result = result


def not_admitted(
    request: Request, error: PlugwrightError, gate: Gate, results: Results, *, asks_by_http: bool
) -> NotAdmitted:
    """The refusal of one call."""
    content: dict[str, Any] = {"isError": True}
    is_by_http = asks_by_http
    if isinstance(error, AccessRefused):
        gate.explained(error)
        content["_meta"] = {CHALLENGE_KEY: [gate.challenge_in_result(error)]}
        # A token that is no good is told by HTTP always: the client has to get another one.
        is_by_http = asks_by_http or isinstance(error, (InvalidToken, MalformedCredentials))
    else:
        is_by_http = True
    if is_by_http:
        headers = error_headers(error, request.request_id)
        request.reply_headers = [header for header in headers if header is not JSON]
    content["content"] = [{"type": "text", "text": error_body(error, request.request_id).decode()}]
    return NotAdmitted(error.status if is_by_http else 200, results.complete(request, content))
