"""What a subject must answer before it is measured: the same work, checks of the input included."""

import json
from typing import Any

from .errors import BenchError
from .protocols import Arguments, Protocol, authorized
from .wire import Reply, send

MEASURED: Arguments = {"city": "Tokyo", "units": "metric"}
ANSWER: dict[str, Any] = {"city": "Tokyo", "temperature": 18.5, "condition": "Sunny", "units": "metric"}

RIGHT: tuple[tuple[Arguments, dict[str, Any]], ...] = (
    (MEASURED, ANSWER),
    ({"city": "oslo"}, {"city": "oslo", "temperature": 4.5, "condition": "Snow", "units": "metric"}),
    (
        {"city": "New York", "units": "imperial"},
        {"city": "New York", "temperature": 60.8, "condition": "Partly cloudy", "units": "imperial"},
    ),
)
REFUSED: tuple[Arguments, ...] = (
    {"units": "metric"},
    {"city": ""},
    {"city": "x" * 101},
    {"city": "Tokyo", "units": "kelvin"},
    {"city": "Atlantis"},
)


def expect(port: int, protocol: Protocol, arguments: Arguments, expected: Any) -> Reply:
    """Make one call and compare; a wrong answer ends the run, since its speed means nothing."""
    call = protocol.ask(arguments)
    reply = send(port, call)
    try:
        answer = protocol.read(reply)
    except (ValueError, KeyError, TypeError):
        answer = "something unreadable"
    if answer != expected:
        message = (
            f"wrong answer to {call.method} {call.path} with {dict(arguments)}: "
            f"expected {json.dumps(expected)}, got status {reply.status}: {reply.body[:300]}"
        )
        raise BenchError(message)
    return reply


def expect_refusal(port: int, protocol: Protocol, authorization: str | None) -> None:
    """Make one call as somebody who may not; an answer ends the run."""
    call = authorized(protocol.ask(MEASURED), authorization)
    reply = send(port, call)
    if reply.status not in {401, 403}:
        message = (
            f"{call.method} {call.path} with the credentials {authorization!r} was not refused: "
            f"status {reply.status}: {reply.body[:300]}"
        )
        raise BenchError(message)


def check(port: int, protocol: Protocol) -> Reply:
    """Check that a subject does the whole work; returns its reply to the call that is measured."""
    for outsider in protocol.outsiders:
        expect_refusal(port, protocol, outsider)
    for arguments in REFUSED:
        expect(port, protocol, arguments, None)
    for arguments, expected in RIGHT:
        expect(port, protocol, arguments, expected)
    return expect(port, protocol, MEASURED, ANSWER)
