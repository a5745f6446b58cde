"""Progress and log messages of a running call: an event stream that the final reply ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from plugwright import Call, CallError, Plugin
from plugwright.testing import Client, Reply
from tests.mcp.replies import checked_error, checked_result, events_of, failure_of, result_of, texts_of
from tests.mcp.wire import (
    LATEST_LEGACY,
    LEGACY,
    Exchange,
    eventually,
    header_list,
    legacy,
    modern,
    modern_headers,
    new_plugin,
)

LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]
LOG_LEVEL = "io.modelcontextprotocol/logLevel"


def telling(tell: Callable[[Call], None], *, is_async: bool = True) -> Plugin:
    """A plugin whose tool tells its client something and answers."""
    plugin = new_plugin()

    async def work_async(*, call: Call) -> str:
        """Work."""
        tell(call)
        return "done"

    def work_sync(*, call: Call) -> str:
        """Work."""
        tell(call)
        return "done"

    plugin.operation(effect="read", open_world=False, name="work")(work_async if is_async else work_sync)
    return plugin


async def work(client: Client, **meta: Any) -> Reply:
    """Call the tool with some metadata; dashes cannot be in names, so ``level`` stands for the log level."""
    if "level" in meta:
        meta[LOG_LEVEL] = meta.pop("level")
    return await client.mcp("tools/call", {"name": "work"}, meta=meta)


def progress_of(notifications: list[dict[str, Any]]) -> list[Any]:
    """The amounts of progress in some notifications."""
    assert {message["method"] for message in notifications} <= {"notifications/progress"}
    return [message["params"]["progress"] for message in notifications]


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize("token", ["abc", "", 7, 0, 10**20])
async def test_progress_goes_out_before_the_reply_with_the_token_as_it_was(token: Any, is_async: bool):
    def tell(call: Call) -> None:
        call.progress(0, 100)
        call.progress(50.5, 100, "half: ü\n")
        call.progress(100, 100)

    async with Client(telling(tell, is_async=is_async)) as client:
        notifications, last = events_of(await work(client, progressToken=token))
    assert [message["params"] for message in notifications] == [
        {"progressToken": token, "progress": 0, "total": 100},
        {"progressToken": token, "progress": 50.5, "total": 100, "message": "half: ü\n"},
        {"progressToken": token, "progress": 100, "total": 100},
    ]
    assert texts_of(checked_result(last, "tools/call")) == ["done"]


async def test_progress_strictly_grows_whatever_the_handler_says():
    def tell(call: Call) -> None:
        for done in (-3, 1, 1, 0.5, 2, 2, 1, 3.5, -1, 3.6):
            call.progress(done)

    async with Client(telling(tell)) as client:
        notifications, _ = events_of(await work(client, progressToken=1))
    assert progress_of(notifications) == [-3, 1, 2, 3.5, 3.6]


async def test_a_client_that_asked_for_nothing_gets_plain_json():
    def tell(call: Call) -> None:
        call.progress(1, 2)
        call.message("emergency", "fire")

    async with Client(telling(tell)) as client:
        assert texts_of(result_of(await work(client), "tools/call")) == ["done"]


async def test_a_client_that_takes_no_events_gets_plain_json():
    def tell(call: Call) -> None:
        call.progress(1, 2)
        call.message("emergency", "fire")

    meta = {"progressToken": 1, LOG_LEVEL: "debug"}
    async with Client(telling(tell)) as client:
        for accept in ("application/json", "application/json, text/event-stream;q=0"):
            reply = await client.mcp("tools/call", {"name": "work"}, meta=meta, headers={"accept": accept})
            assert texts_of(result_of(reply, "tools/call")) == ["done"]
        reply = await legacy(
            client,
            "tools/call",
            {"name": "work", "_meta": {"progressToken": 1}},
            headers={"accept": "application/json"},
        )
        result_of(reply, "tools/call", LATEST_LEGACY)


async def test_a_call_that_tells_nothing_is_plain_json_although_it_could_have():
    async with Client(telling(lambda call: call.log.debug("nothing for the client"))) as client:
        assert texts_of(result_of(await work(client, progressToken=1, level="debug"), "tools/call")) == ["done"]


@pytest.mark.parametrize("wanted", LEVELS)
async def test_messages_of_the_wanted_level_and_worse_go_out(wanted: str):
    def tell(call: Call) -> None:
        for level in LEVELS:
            call.message(level, {"level": level, "text": "ü"}, "fixture")

    async with Client(telling(tell)) as client:
        notifications, _ = events_of(await work(client, level=wanted))
    assert [message["method"] for message in notifications] == ["notifications/message"] * len(notifications)
    assert [message["params"] for message in notifications] == [
        {"level": level, "logger": "fixture", "data": {"level": level, "text": "ü"}}
        for level in LEVELS[LEVELS.index(wanted) :]
    ]


async def test_a_progress_token_alone_brings_no_messages_and_a_level_no_progress():
    def tell(call: Call) -> None:
        call.progress(1)
        call.message("error", "x")

    async with Client(telling(tell)) as client:
        notifications, _ = events_of(await work(client, progressToken=1))
        assert [message["method"] for message in notifications] == ["notifications/progress"]
        notifications, _ = events_of(await work(client, level="debug"))
        assert [message["method"] for message in notifications] == ["notifications/message"]


async def test_an_unknown_level_is_the_authors_mistake():
    async with Client(telling(lambda call: call.message("loud", "x"))) as client:
        for meta in ({}, {"level": "debug"}):
            assert failure_of(result_of(await work(client, **meta), "tools/call"))["code"] == "internal_error"


@pytest.mark.parametrize("version", LEGACY)
async def test_handshake_clients_get_progress_when_asked_for_and_messages_from_info_on(version: str):
    def tell(call: Call) -> None:
        call.message("debug", "hidden")
        call.message("info", "seen")
        call.progress(1)

    async with Client(telling(tell)) as client:
        params = {"name": "work", "_meta": {"progressToken": "t"}}
        notifications, last = events_of(await legacy(client, "tools/call", params, version=version), version)
        assert [message["method"] for message in notifications] == ["notifications/message", "notifications/progress"]
        checked_result(last, "tools/call", version)


async def test_messages_keep_their_order_from_many_threads_worth_of_work():
    def tell(call: Call) -> None:
        for number in range(500):
            call.progress(number)
            call.message("info", number)

    async with Client(telling(tell, is_async=False)) as client:
        notifications, _ = events_of(await work(client, progressToken=1, level="info"))
    assert [message["params"].get("progress", message["params"].get("data")) for message in notifications] == [
        number for number in range(500) for _ in range(2)
    ]


@pytest.mark.parametrize("error", [CallError("no"), RuntimeError("secret")])
async def test_a_failure_after_the_first_event_ends_the_stream_as_an_event(error: Exception):
    def tell(call: Call) -> None:
        call.progress(1)
        raise error

    async with Client(telling(tell)) as client:
        notifications, last = events_of(await work(client, progressToken=1))
    assert progress_of(notifications) == [1]
    assert failure_of(checked_result(last, "tools/call"))["code"] in {"call_refused", "internal_error"}
    assert "secret" not in str(last)


async def test_prompts_and_resources_tell_their_progress_too():
    plugin = new_plugin()

    @plugin.prompt()
    async def plan(*, call: Call) -> str:
        """Plan."""
        call.progress(1)
        return "plan"

    @plugin.resource("fixture://slow")
    def slow(*, call: Call) -> str:
        """Be slow."""
        call.progress(1)
        call.progress(2)
        raise RuntimeError("secret")

    async with Client(plugin) as client:
        notifications, last = events_of(await client.mcp("prompts/get", {"name": "plan"}, meta={"progressToken": 1}))
        assert progress_of(notifications) == [1]
        checked_result(last, "prompts/get")
        reply = await client.mcp("resources/read", {"uri": "fixture://slow"}, meta={"progressToken": 1})
        notifications, last = events_of(reply)
        assert progress_of(notifications) == [1, 2]
        checked_error(last, -32603)


async def test_an_event_leaves_while_the_call_is_still_running():
    plugin = new_plugin()
    may_end = asyncio.Event()

    @plugin.operation(effect="read", open_world=False)
    async def wait(*, call: Call) -> str:
        """Wait."""
        call.progress(1)
        await may_end.wait()
        return "done"

    message = modern("tools/call", {"name": "wait"})
    message["params"]["_meta"]["progressToken"] = 1
    async with Client(plugin) as client:
        exchange = Exchange(client.app, header_list(*modern_headers(message).items()), [json.dumps(message).encode()])
        running = asyncio.create_task(exchange.run())
        while len(exchange.messages) < 2:
            exchange.progressed.clear()
            await eventually(exchange.progressed)
        assert b'"progress":1' in exchange.messages[1]["body"]
        assert not running.done()
        may_end.set()
        notifications, last = events_of(await asyncio.wait_for(running, 5))
    assert progress_of(notifications) == [1]
    checked_result(last, "tools/call")
    assert [message.get("more_body", False) for message in exchange.messages[1:]] == [True, False]


async def test_a_slow_reader_costs_a_bounded_backlog_and_still_gets_the_reply():
    plugin = new_plugin()
    has_told = asyncio.Event()

    @plugin.operation(effect="read", open_world=False)
    async def chatter(*, call: Call) -> str:
        """Talk much."""
        for number in range(5000):
            call.progress(number)
        has_told.set()
        return "done"

    message = modern("tools/call", {"name": "chatter"})
    message["params"]["_meta"]["progressToken"] = 1
    async with Client(plugin) as client:
        exchange = Exchange(client.app, header_list(*modern_headers(message).items()), [json.dumps(message).encode()])
        exchange.reads.clear()
        running = asyncio.create_task(exchange.run())
        await eventually(has_told)
        exchange.reads.set()
        notifications, last = events_of(await asyncio.wait_for(running, 5))
    amounts = progress_of(notifications)
    assert 0 < len(amounts) <= 1001
    assert amounts == sorted(set(amounts))
    checked_result(last, "tools/call")


async def test_nothing_follows_the_final_reply():
    plugin = new_plugin()
    kept: list[Call] = []

    @plugin.operation(effect="read", open_world=False)
    async def leak(*, call: Call) -> str:
        """Keep the call for later."""
        kept.append(call)
        call.progress(1)
        return "done"

    message = modern("tools/call", {"name": "leak"})
    message["params"]["_meta"]["progressToken"] = 1
    async with Client(plugin) as client:
        exchange = Exchange(client.app, header_list(*modern_headers(message).items()), [json.dumps(message).encode()])
        events_of(await exchange.run())
        sent = len(exchange.messages)
        kept[0].progress(2)
        await asyncio.to_thread(kept[0].progress, 3)
        for _ in range(5):
            await asyncio.sleep(0)
    assert len(exchange.messages) == sent
