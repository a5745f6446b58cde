"""Queued calls as tasks: the extension ``io.modelcontextprotocol/tasks``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import BaseModel

from plugwright import Call, NotFound, OAuth, Plugin
from plugwright.testing import Client, Reply
from tests.auth.tokens import settings_in, sign_in
from tests.calls.keyed import new_key
from tests.jobs.reports import at_once, for_ever, reporting, settings, until
from tests.mcp.wire import call_in
from tests.web.plugins import new_plugin

EXTENSION: Final = "io.modelcontextprotocol/tasks"
DECLARED: Final[dict[str, Any]] = {"extensions": {EXTENSION: {}}}


async def ask(client: Client, method: str, params: dict[str, Any], **parts: Any) -> Reply:
    """A request of a client that declares the extension."""
    return await client.mcp(method, params, capabilities=DECLARED, **parts)


async def order(client: Client, name: str = "report", **parts: Any) -> Any:
    """The task that a call becomes."""
    reply = await ask(client, "tools/call", {"name": name, "arguments": {"topic": "rain"}}, **parts)
    return reply.json()["result"]


async def task(client: Client, task_id: str, **parts: Any) -> Any:
    """A task as it is now."""
    return (await ask(client, "tasks/get", {"taskId": task_id}, **parts)).json()["result"]


async def ended(client: Client, task_id: str) -> Any:
    """A task that has ended."""

    async def has_ended() -> bool:
        return (await task(client, task_id))["status"] != "working"

    await until(has_ended)
    return await task(client, task_id)


async def test_a_queued_call_becomes_a_task_for_a_client_that_declares_them(database_url: str) -> None:
    plugin, _ = reporting(for_ever)
    async with Client(plugin, settings(database_url, jobs="worker")) as client:
        created = await order(client)
        told = await task(client, created["taskId"])

    assert created["resultType"] == "task"
    assert created["status"] == "working"
    assert (created["ttlMs"], created["pollIntervalMs"]) == (86_400_000, 2000)
    assert not {"result", "content", "task", "requestState"} & created.keys()
    assert told["resultType"] == "complete"
    assert told["createdAt"] == created["createdAt"] <= told["lastUpdatedAt"]
    assert EXTENSION not in str(told.get("result"))


async def test_any_other_client_is_told_of_a_job(sqlite_url: str) -> None:
    plugin, _ = reporting(for_ever)
    params = {"name": "report", "arguments": {"topic": "rain"}}
    async with Client(plugin, settings(sqlite_url, jobs="worker")) as client:
        modern = (await client.mcp("tools/call", params)).json()["result"]
        legacy = (await call_in(client, "2025-11-25", "tools/call", params)).json()["result"]

    for result in (modern, legacy):
        assert result["structuredContent"]["state"] == "queued"
        assert "taskId" not in result


class Report(BaseModel):
    """A report."""

    topic: str
    pages: int


async def test_a_task_ends_with_what_the_call_would_have_answered(sqlite_url: str) -> None:
    plugin = new_plugin()
    for name, background in (("report", True), ("at_once", False)):

        @plugin.operation(effect="read", open_world=False, name=name, background=background)
        async def write(topic: str) -> Report:
            """Write a report."""
            return Report(topic=topic, pages=3)

    async with Client(plugin, settings(sqlite_url)) as client:
        told = await ended(client, (await order(client))["taskId"])
        answer = await order(client, "at_once")

    assert told["status"] == "completed"
    assert told["result"] == answer
    assert told["ttlMs"] >= 86_400_000


async def test_a_tool_that_fails_completes_with_an_error_result(sqlite_url: str) -> None:
    async def fail(call: Call) -> str:
        raise NotFound("No such topic.")

    plugin, _ = reporting(fail)
    async with Client(plugin, settings(sqlite_url)) as client:
        told = await ended(client, (await order(client))["taskId"])

    assert (told["status"], told["result"]["isError"]) == ("completed", True)
    assert "No such topic." in told["result"]["content"][0]["text"]
    assert "error" not in told


async def test_a_tool_that_breaks_down_fails_the_task(sqlite_url: str) -> None:
    async def break_down(call: Call) -> str:
        raise ValueError("hunter2")

    plugin, _ = reporting(break_down)
    async with Client(plugin, settings(sqlite_url)) as client:
        told = await ended(client, (await order(client))["taskId"])

    assert (told["status"], told["error"]["code"]) == ("failed", -32603)
    assert "result" not in told
    assert "hunter2" not in str(told)


async def test_progress_is_told_while_it_works(sqlite_url: str) -> None:
    async def write(call: Call) -> str:
        call.progress(1, 3, "Looking at Oslo")
        return await for_ever(call)

    plugin, _ = reporting(write)
    async with Client(plugin, settings(sqlite_url)) as client:
        created = await order(client)

        async def is_told() -> bool:
            return "statusMessage" in await task(client, created["taskId"])

        await until(is_told)
        told = await task(client, created["taskId"])
        await ask(client, "tasks/cancel", {"taskId": created["taskId"]})

    assert (told["status"], told["statusMessage"]) == ("working", "Looking at Oslo")


async def test_a_task_is_cancelled_and_cancelling_it_again_changes_nothing(sqlite_url: str) -> None:
    plugin, desk = reporting(for_ever)
    async with Client(plugin, settings(sqlite_url)) as client:
        created = await order(client)
        await desk.begun.wait()
        acknowledged = [await ask(client, "tasks/cancel", {"taskId": created["taskId"]}) for _ in range(2)]
        told = await task(client, created["taskId"])

    assert [set(reply.json()["result"]) for reply in acknowledged] == [{"resultType", "_meta"}] * 2
    assert told["status"] == "cancelled"


async def test_answers_that_nobody_asked_for_are_acknowledged(sqlite_url: str) -> None:
    plugin, _ = reporting(for_ever)
    async with Client(plugin, settings(sqlite_url, jobs="worker")) as client:
        created = await order(client)
        answers: dict[str, Any] = {"taskId": created["taskId"], "inputResponses": {"name": {"action": "accept"}}}
        acknowledged = await ask(client, "tasks/update", answers)
        malformed = await ask(client, "tasks/update", {"taskId": created["taskId"]})
        told = await task(client, created["taskId"])

    assert set(acknowledged.json()["result"]) == {"resultType", "_meta"}
    assert malformed.json()["error"]["code"] == -32602
    assert told["status"] == "working"


@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel"])
@pytest.mark.parametrize("task_id", ["job_" + "a" * 43, "nonsense", 7, None])
async def test_a_task_that_there_is_not_is_refused(method: str, task_id: Any, sqlite_url: str) -> None:
    plugin, _ = reporting()
    async with Client(plugin, settings(sqlite_url)) as client:
        params: dict[str, Any] = {"taskId": task_id, "inputResponses": {}}
        reply = await ask(client, method, params, headers={"mcp-name": str(task_id)})

    assert reply.json()["error"]["code"] in ({-32602} if isinstance(task_id, str) else {-32602, -32020})


@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel"])
async def test_a_client_that_does_not_declare_the_extension_is_told_to(method: str, sqlite_url: str) -> None:
    plugin, _ = reporting()
    async with Client(plugin, settings(sqlite_url)) as client:
        reply = await client.mcp(method, {"taskId": "job_1", "inputResponses": {}})

    assert (reply.status, reply.json()["error"]["code"]) == (400, -32021)
    assert reply.json()["error"]["data"] == {"requiredCapabilities": DECLARED}


@pytest.mark.parametrize("method", ["tasks/list", "tasks/result"])
async def test_methods_of_the_experiment_before_do_not_exist(method: str, sqlite_url: str) -> None:
    plugin, _ = reporting()
    async with Client(plugin, settings(sqlite_url)) as client:
        assert (await ask(client, method, {"taskId": "job_1"})).json()["error"]["code"] == -32601


async def test_the_header_names_the_task(sqlite_url: str) -> None:
    plugin, _ = reporting(for_ever)
    async with Client(plugin, settings(sqlite_url, jobs="worker")) as client:
        created = await order(client)
        reply = await ask(client, "tasks/get", {"taskId": created["taskId"]}, headers={"mcp-name": "another"})

    assert (reply.status, reply.json()["error"]["code"]) == (400, -32020)


async def test_only_a_plugin_with_queued_work_offers_tasks_and_only_in_the_modern_era(sqlite_url: str) -> None:
    queued, _ = reporting()
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}}
    async with Client(queued, settings(sqlite_url)) as client:
        modern = (await client.mcp("server/discover")).json()["result"]["capabilities"]
        legacy = (await call_in(client, "2025-11-25", "initialize", hello)).json()["result"]["capabilities"]
        old = await call_in(client, "2025-11-25", "tasks/get", {"taskId": "job_1"})
    async with Client(without_queue()) as client:
        plain = (await client.mcp("server/discover")).json()["result"]["capabilities"]
        unknown = await ask(client, "tasks/get", {"taskId": "job_1"})

    assert modern["extensions"] == {EXTENSION: {}}
    assert "extensions" not in legacy
    assert "tasks" not in legacy
    assert "extensions" not in plain
    assert {reply.json()["error"]["code"] for reply in (old, unknown)} == {-32601}


def without_queue() -> Plugin:
    """A plugin whose calls are all answered at once."""
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def get() -> str:
        """Get."""
        return "got"

    return plugin


async def test_one_idempotency_key_is_one_task(sqlite_url: str) -> None:
    plugin, desk = reporting()
    async with Client(plugin, settings(sqlite_url)) as client:
        key = {"plugwright/idempotency-key": new_key()}
        first, again = [await order(client, meta=key) for _ in range(2)]
        await ended(client, first["taskId"])

    assert first == again
    assert desk.written == ["rain"]


async def test_a_task_belongs_to_its_user(tmp_path: Path) -> None:
    plugin = new_plugin(auth=OAuth(scopes={"reports:write": "Write reports"}))

    @plugin.operation(effect="read", open_world=False, background=True, scopes=["reports:write"])
    async def report(topic: str, *, call: Call) -> str:
        """Write a report."""
        return f"{topic}, for {call.subject}"

    given = settings_in(tmp_path)
    async with Client(plugin, given) as client:
        ann, bob = [sign_in(given, ["reports:write"]) for _ in range(2)]
        other_client = sign_in(given, [])
        created = await order(client, headers=ann.headers)
        params: dict[str, Any] = {"taskId": created["taskId"], "inputResponses": {}}
        for method in ("tasks/get", "tasks/update", "tasks/cancel"):
            assert (await ask(client, method, params, headers=bob.headers)).json()["error"]["code"] == -32602
            assert (await ask(client, method, params)).status == 401
            refused = await ask(client, method, params, headers=other_client.headers)
            assert (refused.status, "insufficient_scope" in refused.headers["www-authenticate"]) == (403, True)
        assert (await task(client, created["taskId"], headers=ann.headers))["status"] in {"working", "completed"}


async def test_a_queued_tool_publishes_no_schema_that_a_task_would_break(sqlite_url: str) -> None:
    plugin, _ = reporting(at_once)
    async with Client(plugin, settings(sqlite_url)) as client:
        modern = (await client.mcp("tools/list")).json()["result"]["tools"]
        legacy = (await call_in(client, "2025-11-25", "tools/list")).json()["result"]["tools"]

    assert ["outputSchema" in tool for tool in modern if tool["name"] == "report"] == [False]
    assert ["outputSchema" in tool for tool in legacy if tool["name"] == "report"] == [True]
