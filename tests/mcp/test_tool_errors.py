"""How a call fails: what a model can mend is a result, the rest a protocol error, and nothing leaks."""

from __future__ import annotations

import asyncio
import base64
from typing import Annotated, Any

import pytest
from pydantic import Field

from plugwright import (
    Call,
    CallError,
    CallTimeout,
    CannotAsk,
    Conflict,
    InvalidInput,
    NotFound,
    Unavailable,
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from plugwright.testing import Client
from tests.mcp.replies import error_of, failure_of, result_of
from tests.mcp.wire import LEGACY, MODERN, call_in, modern, new_plugin, send_modern

SECRET = "db-password-hunter2"  # noqa: S105 what must not leak
VERSIONS = [MODERN, *LEGACY]

FORESEEN = [
    (CallError, "call_refused"),
    (InvalidInput, "invalid_input"),
    (NotFound, "not_found"),
    (Conflict, "conflict"),
    (CannotAsk, "cannot_ask"),
    (UpstreamError, "upstream_error"),
    (UpstreamUnavailable, "upstream_unavailable"),
    (UpstreamTimeout, "upstream_timeout"),
    (Unavailable, "unavailable"),
    (CallTimeout, "call_timeout"),
]


@pytest.mark.parametrize(("kind", "code"), FORESEEN)
@pytest.mark.parametrize("is_async", [True, False])
async def test_a_foreseen_failure_is_a_result_that_the_model_can_read(kind: Any, code: str, is_async: bool):
    plugin = new_plugin()

    async def fail_async() -> str:
        """Fail."""
        raise kind("It cannot be done: ü", details=[{"field": "a.0", "problem": "Too small"}])

    def fail_sync() -> str:
        """Fail."""
        raise kind("It cannot be done: ü", details=[{"field": "a.0", "problem": "Too small"}])

    plugin.operation(effect="read", open_world=False, name="fail")(fail_async if is_async else fail_sync)
    async with Client(plugin) as client:
        for version in VERSIONS:
            reply = await call_in(client, version, "tools/call", {"name": "fail"})
            failure = failure_of(result_of(reply, "tools/call", version))
            assert failure["error"] == "It cannot be done: ü"
            assert failure["code"] == code
            assert failure["request_id"]
            assert failure["details"] == [{"field": "a.0", "problem": "Too small"}]


@pytest.mark.parametrize(
    "arguments",
    [{}, {"count": "x"}, {"count": 0}, {"count": 1, "other": 1}, {"count": 1.5}, {"count": None}, {"count": True}],
)
async def test_bad_input_is_a_result_that_names_the_field_and_not_a_protocol_error(arguments: dict[str, Any]):
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def count(count: Annotated[int, Field(ge=1)]) -> int:
        """Count."""
        return count

    async with Client(plugin) as client:
        for version in VERSIONS:
            reply = await call_in(client, version, "tools/call", {"name": "count", "arguments": arguments})
            failure = failure_of(result_of(reply, "tools/call", version))
            assert failure["code"] == "invalid_input"
            assert [detail["field"] for detail in failure["details"]] == ["other" if "other" in arguments else "count"]


async def test_wrong_input_is_not_repeated_in_the_answer():
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def count(count: int) -> int:
        """Count."""
        return count

    async with Client(plugin) as client:
        reply = await client.mcp("tools/call", {"name": "count", "arguments": {"count": SECRET}})
        assert SECRET not in reply.text


class OddError(Exception):
    """An exception that is nobody's friend."""

    def __str__(self) -> str:
        raise RuntimeError(SECRET)


UNFORESEEN: list[BaseException] = [
    RuntimeError(SECRET),
    KeyError(SECRET),
    AssertionError(SECRET),
    TimeoutError(SECRET),
    StopIteration(SECRET),
    StopAsyncIteration(SECRET),
    RecursionError(SECRET),
    ExceptionGroup(SECRET, [ValueError(SECRET)]),
    UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, SECRET),
    OddError(),
]


@pytest.mark.parametrize("error", UNFORESEEN, ids=[type(error).__name__ for error in UNFORESEEN])
async def test_nothing_of_an_unforeseen_exception_leaks(error: BaseException):
    plugin = new_plugin()

    async def fail_async() -> str:
        """Fail."""
        raise error

    def fail_sync() -> str:
        """Fail."""
        raise error

    plugin.operation(effect="read", open_world=False)(fail_async)
    plugin.prompt(name="fail")(fail_async)
    plugin.resource("fixture://fail")(fail_async)
    if not isinstance(error, StopIteration):
        # A StopIteration cannot be set on a future, whatever raises it.
        plugin.operation(effect="read", open_world=False)(fail_sync)
    async with Client(plugin) as client:
        for version in VERSIONS:
            for name in ("fail_async", "fail_sync") if not isinstance(error, StopIteration) else ("fail_async",):
                reply = await call_in(client, version, "tools/call", {"name": name})
                failure = failure_of(result_of(reply, "tools/call", version))
                assert failure["code"] == "internal_error"
                assert SECRET not in reply.text
                assert type(error).__name__ not in reply.text
            for method, params in (("prompts/get", {"name": "fail"}), ("resources/read", {"uri": "fixture://fail"})):
                reply = await call_in(client, version, method, params)
                error_of(reply, -32603, status=200)
                assert SECRET not in reply.text


@pytest.mark.parametrize("name", ["nothing", "", "Known", "known ", "../known", "x" * 5000])
async def test_an_unknown_tool_is_a_protocol_error(name: str):
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def known() -> str:
        """Answer."""
        return "x"

    async with Client(plugin) as client:
        for version in VERSIONS:
            if version == MODERN:
                header = f"=?base64?{base64.b64encode(name.encode()).decode()}?="
                reply = await client.mcp("tools/call", {"name": name}, headers={"mcp-name": header})
            else:
                reply = await call_in(client, version, "tools/call", {"name": name})
            error = error_of(reply, -32602, status=200)
            assert len(error["message"]) < 300


@pytest.mark.parametrize("arguments", [[], [1], "x", 0, 1, True, False])
async def test_arguments_that_are_no_object_are_a_protocol_error(arguments: Any):
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def known() -> str:
        """Answer."""
        return "x"

    async with Client(plugin) as client:
        for version in VERSIONS:
            reply = await call_in(client, version, "tools/call", {"name": "known", "arguments": arguments})
            error_of(reply, -32602, status=200)


@pytest.mark.parametrize("is_async", [True, False])
async def test_a_deadline_ends_a_call_and_progress_does_not_extend_it(is_async: bool):
    plugin = new_plugin()
    stopped = asyncio.Event()
    never = asyncio.Event()

    async def work_async(*, call: Call) -> str:
        """Work on and on."""
        try:
            call.progress(1)
            await never.wait()
        finally:
            stopped.set()
        return "done"

    def work_sync(*, call: Call) -> str:
        """Work on and on."""
        while call.remaining:
            pass
        return "done"

    work = work_async if is_async else work_sync
    plugin.operation(effect="read", open_world=False, name="work", timeout="20ms")(work)
    async with Client(plugin) as client:
        for version in VERSIONS:
            reply = await call_in(client, version, "tools/call", {"name": "work"})
            failure = failure_of(result_of(reply, "tools/call", version))
            assert failure["code"] == "call_timeout"
            assert stopped.is_set() == is_async


async def test_huge_and_odd_arguments_never_break_the_server():
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def echo(value: Any = None) -> str:
        """Take anything."""
        return type(value).__name__

    async with Client(plugin) as client:
        values: list[Any] = [
            10**4000,
            -(10**300),
            1e308,
            5e-324,
            "x" * 100_000,
            [[[[]]]],
            {"": {"": None}},
            "\u2028\x00",
        ]
        for value in values:
            message = modern("tools/call", {"name": "echo", "arguments": {"value": value}})
            result_of(await send_modern(client, message), "tools/call")
