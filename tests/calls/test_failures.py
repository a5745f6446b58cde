"""Whatever a handler raises ends as an answer: nothing leaves the application, and nothing ends the server."""

import asyncio
from concurrent.futures import Future

import pytest
from pydantic import BaseModel

from plugwright import Call, Form, NotFound
from plugwright.testing import Client
from tests.web.plugins import doing


class Person(BaseModel):
    """A person."""

    name: str


@pytest.mark.parametrize("is_async", [True, False])
async def test_a_cancellation_nobody_asked_for_is_an_unforeseen_failure(
    is_async: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    async def do() -> None:
        task = asyncio.ensure_future(asyncio.sleep(60))
        task.cancel()
        await task

    def do_in_thread() -> None:
        future: Future[None] = Future()
        future.cancel()
        future.result()

    async with Client(doing(do if is_async else do_in_thread)) as client:
        reply = await client.get("/do")
    assert (reply.status, reply.json()["code"]) == (500, "internal_error")
    assert "call_failed" in capsys.readouterr().err


async def test_a_question_from_a_task_group_is_asked() -> None:
    async def do(*, call: Call) -> str:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(call.ask(who=Form("Who?", Person)))
        return task.result()["who"].content.name

    async with Client(doing(do, name="do", effect="write")) as client:
        reply = await client.mcp(
            "tools/call", {"name": "do", "arguments": {}}, capabilities={"elicitation": {"form": {}}}
        )
        assert reply.status == 200
        assert reply.json()["result"]["resultType"] == "input_required"
        assert (await client.request("POST", "/do")).status in {409, 500}


@pytest.mark.parametrize("error", [BaseExceptionGroup("x", [GeneratorExit()]), SystemExit(2)])
async def test_nothing_a_handler_raises_leaves_the_app(
    error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    async def do() -> None:
        raise error

    async with Client(doing(do)) as client:
        reply = await client.get("/do")
    assert reply.status == 500
    assert "call_failed" in capsys.readouterr().err


async def test_stop_iteration_in_a_thread_is_an_unforeseen_failure() -> None:
    def do() -> int:
        return next(iter([]))

    async with Client(doing(do, timeout="2s")) as client:
        assert (await client.get("/do")).status == 500


async def test_a_message_that_is_no_utf_8_is_still_told() -> None:
    async def do() -> None:
        raise NotFound("No file \udcff", details=[{"field": "\udcff", "problem": "\udcff"}])

    async with Client(doing(do)) as client:
        reply = await client.get("/do")
    assert (reply.status, reply.json()["code"]) == (404, "not_found")
