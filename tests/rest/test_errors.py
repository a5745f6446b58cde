"""Errors over REST: one form for all of them, and nothing of what was unforeseen."""

import json
from typing import Any

import pytest
from pydantic import BaseModel

from plugwright import (
    Call,
    CallError,
    CallTimeout,
    CannotAsk,
    Conflict,
    Form,
    InvalidInput,
    NotFound,
    PlugwrightError,
    Unavailable,
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from plugwright.settings import Settings
from plugwright.testing import Client, Reply
from tests.web.plugins import new_plugin

JSON_LOG = Settings(log_style="json")
TREE: list[tuple[type[PlugwrightError], int, str, str | None]] = [
    (CallError, 400, "call_refused", None),
    (InvalidInput, 400, "invalid_input", None),
    (NotFound, 404, "not_found", None),
    (Conflict, 409, "conflict", None),
    (CannotAsk, 409, "cannot_ask", None),
    (UpstreamError, 502, "upstream_error", None),
    (UpstreamUnavailable, 503, "upstream_unavailable", "1"),
    (UpstreamTimeout, 504, "upstream_timeout", None),
    (Unavailable, 503, "unavailable", "1"),
    (CallTimeout, 504, "call_timeout", None),
]


class Name(BaseModel):
    """A name."""

    name: str


def check_form(reply: Reply, *, keys: set[str]) -> None:
    """Every error has this form."""
    body = reply.json()
    assert set(body) == keys
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-request-id"] == body["request_id"]


@pytest.mark.parametrize(("kind", "status", "code", "retry_after"), TREE)
async def test_each_error_of_the_tree_has_its_status_and_code(
    kind: type[PlugwrightError], status: int, code: str, retry_after: str | None
) -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/fail")
    async def fail() -> None:
        """Fail."""
        raise kind("What went wrong")

    async with Client(plugin) as client:
        reply = await client.get("/fail")

    assert reply.status == status
    assert reply.json()["code"] == code
    assert reply.json()["error"] == "What went wrong"
    assert reply.headers.get("retry-after") == retry_after
    check_form(reply, keys={"error", "code", "request_id"})


@pytest.mark.parametrize("is_async", [True, False])
async def test_an_error_carries_its_details_and_when_to_come_back(is_async: bool) -> None:
    plugin = new_plugin()

    def refuse() -> None:
        """Refuse."""
        raise Unavailable('Über "all" 东', details=[{"field": "city", "problem": "closed"}], retry_after=30)

    async def refuse_later() -> None:
        """Refuse."""
        refuse()

    plugin.operation(effect="read", open_world=False, path="/fail")(refuse_later if is_async else refuse)
    async with Client(plugin) as client:
        reply = await client.get("/fail")

    assert reply.headers["retry-after"] == "30"
    assert reply.json()["error"] == 'Über "all" 东'
    assert reply.json()["details"] == [{"field": "city", "problem": "closed"}]
    check_form(reply, keys={"error", "code", "request_id", "details", "retry_after"})


async def test_an_author_may_add_an_error_to_the_tree() -> None:
    plugin = new_plugin()

    class Sold(Conflict):
        """It is sold."""

        code = "sold"

    @plugin.operation(effect="write", open_world=False, path="/buy")
    async def buy() -> None:
        """Buy it."""
        raise Sold("It is sold")

    async with Client(plugin) as client:
        reply = await client.request("POST", "/buy")

    assert (reply.status, reply.json()["code"]) == (409, "sold")


@pytest.mark.parametrize(
    ("method", "target", "headers", "status"),
    [
        ("GET", "/nothing", {}, 404),
        ("PUT", "/read", {}, 405),
        ("PUT", "/livez", {}, 405),
        ("GET", "/read", {"accept": "text/html"}, 406),
        ("POST", "/write", {"content-type": "text/plain"}, 415),
        ("GET", "/read?x=%FF", {}, 400),
    ],
)
async def test_what_fails_before_the_call_has_the_same_form(
    method: str, target: str, headers: dict[str, str], status: int
) -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/read")
    async def read() -> None:
        """Read."""

    @plugin.operation(effect="write", open_world=False, path="/write")
    async def write() -> None:
        """Write."""

    async with Client(plugin) as client:
        reply = await client.request(method, target, headers=headers, body=b"x")

    assert reply.status == status
    check_form(reply, keys={"error", "code", "request_id"})


def exploding(secret: str) -> Any:
    """A handler that fails with a secret in its message, its cause and its notes."""

    async def explode() -> None:
        """Explode."""
        error = RuntimeError(f"message {secret}")
        error.add_note(f"note {secret}")
        try:
            {}[f"cause {secret}"]
        except KeyError as cause:
            raise error from cause

    return explode


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
async def test_nothing_of_an_unforeseen_exception_leaves_the_server(
    accept: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = new_plugin()
    plugin.operation(effect="read", open_world=False, path="/explode")(exploding("s3cret"))
    async with Client(plugin, JSON_LOG) as client:
        reply = await client.get("/explode", headers={"accept": accept})

    assert reply.status == 500
    assert reply.json()["code"] == "internal_error"
    check_form(reply, keys={"error", "code", "request_id"})
    shown = reply.text + json.dumps(dict(reply.headers))
    for word in ("s3cret", "RuntimeError", "KeyError", "Traceback", "explode", ".py"):
        assert word not in shown
    capsys.readouterr()


async def test_the_traceback_is_in_the_log_under_the_request_id(capsys: pytest.CaptureFixture[str]) -> None:
    plugin = new_plugin()
    plugin.operation(effect="read", open_world=False, path="/explode", name="explode")(exploding("told"))
    async with Client(plugin, JSON_LOG) as client:
        request_id = (await client.get("/explode")).json()["request_id"]

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (failure,) = [line for line in lines if line["event"] == "call_failed"]
    (record,) = [line for line in lines if line["event"] == "call"]
    assert failure["request_id"] == record["request_id"] == request_id
    assert failure["operation"] == record["operation"] == "explode"
    assert failure["level"] == "error"
    assert record["outcome"] == "internal_error"
    assert [item["type"] for item in failure["exception"]] == ["RuntimeError", "KeyError"]
    assert failure["exception"][0]["frames"][-1].endswith("explode")


async def test_a_person_gets_the_same_traceback_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    plugin = new_plugin()
    plugin.operation(effect="read", open_world=False, path="/explode")(exploding("told"))
    async with Client(plugin, Settings(log_style="console")) as client:
        request_id = (await client.get("/explode")).json()["request_id"]

    log = capsys.readouterr().err
    assert "RuntimeError: message told" in log
    assert request_id in log


async def test_an_answer_of_the_wrong_type_is_an_unforeseen_failure(capsys: pytest.CaptureFixture[str]) -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/wrong")
    async def wrong() -> Name:
        """Answer something else."""
        return {"nom": "s3cret"}  # pyright: ignore[reportReturnType] the fault under test

    @plugin.operation(effect="read", open_world=False, path="/something")
    async def something() -> None:
        """Answer something though nothing was promised."""
        return "s3cret"  # pyright: ignore[reportReturnType] the fault under test

    async with Client(plugin) as client:
        for path in ("/wrong", "/something"):
            reply = await client.get(path)
            assert reply.status == 500
            assert "s3cret" not in reply.text
    assert "call_failed" in capsys.readouterr().err


async def test_an_exception_group_is_an_unforeseen_failure(capsys: pytest.CaptureFixture[str]) -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/group")
    async def group() -> None:
        """Fail twice."""
        raise ExceptionGroup("two", [ValueError("s3cret"), KeyError("s3cret")])

    async with Client(plugin) as client:
        reply = await client.get("/group")

    assert reply.status == 500
    assert "s3cret" not in reply.text
    assert capsys.readouterr().err.count("s3cret") >= 2


async def test_a_question_cannot_be_asked_over_rest() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, path="/greet")
    async def greet(*, call: Call) -> None:
        """Greet somebody."""
        await call.ask(name=Form("What is your name?", Name))

    async with Client(plugin) as client:
        reply = await client.request("POST", "/greet")

    assert (reply.status, reply.json()["code"]) == (409, "cannot_ask")
    assert "What is your name?" in reply.json()["error"]


async def test_the_server_goes_on_after_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    plugin = new_plugin()
    plugin.operation(effect="read", open_world=False, path="/explode")(exploding("told"))
    async with Client(plugin) as client:
        assert [(await client.get("/explode")).status for _ in range(3)] == [500] * 3
        assert (await client.get("/livez")).status == 200
    capsys.readouterr()


async def test_the_log_of_a_failure_holds_no_input_and_no_variable(capsys: pytest.CaptureFixture[str]) -> None:
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, path="/sign-in")
    async def sign_in(password: str) -> None:
        """Sign in."""
        token = password + "-token"
        raise ValueError(len(token))

    for settings in (JSON_LOG, Settings(log_style="console")):
        async with Client(plugin, settings) as client:
            assert (await client.post("/sign-in", json={"password": "hunter2"})).status == 500
        log = capsys.readouterr().err
        assert "ValueError" in log
        assert "hunter2" not in log
