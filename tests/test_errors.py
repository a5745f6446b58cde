"""The error tree: the drawing in the module's docstring is the tree, and what each error becomes over REST and MCP."""

import inspect
import json
import re
from dataclasses import dataclass

import pytest

import plugwright
from plugwright import CallError, Conflict, NotFound, PlugwrightError, Unavailable, UpstreamError
from plugwright import errors as errors_module
from plugwright.errors import Detail, InternalError, MethodNotAllowed, TooManyCalls
from plugwright.testing import Client
from tests.operations.plugins import plugin_of

LINE = re.compile(r"^(?P<lead>[\s│├└─]*)(?P<name>[A-Z]\w+)\b *(?P<status>\d{3})? *(?P<code>[a-z_]+)?")
TREE = {
    name: thing
    for name, thing in vars(errors_module).items()
    if inspect.isclass(thing) and issubclass(thing, PlugwrightError)
}


@dataclass(frozen=True)
class Drawn:
    """One line of the drawing."""

    name: str
    parent: str | None
    status: str | None
    code: str | None


def drawing() -> list[Drawn]:
    """The lines of the drawn tree."""
    text = (errors_module.__doc__ or "").split("::", 1)[1].split("\n\n", 2)[1]
    above: list[tuple[int, str]] = []
    lines: list[Drawn] = []
    for line in text.splitlines():
        found = LINE.match(line)
        assert found is not None, line
        depth = len(found["lead"])
        above = [(other, name) for other, name in above if other < depth]
        lines.append(Drawn(found["name"], above[-1][1] if above else None, found["status"], found["code"]))
        above.append((depth, found["name"]))
    return lines


def failing_with(error: Exception):
    def fail() -> str:
        """Fail."""
        raise error

    return plugin_of(fail)


def test_every_error_is_drawn_and_every_drawn_error_exists():
    assert sorted(line.name for line in drawing()) == sorted(TREE)


@pytest.mark.parametrize("line", drawing(), ids=lambda line: line.name)
def test_an_error_is_drawn_below_its_parent_with_its_status_and_code(line: Drawn):
    error = TREE[line.name]
    assert error.__base__ is not None
    assert (line.parent or "Exception") == error.__base__.__name__
    if line.status is not None:
        assert (line.status, line.code) == (str(error.status), error.code)


@pytest.mark.parametrize("error", TREE.values(), ids=TREE)
def test_a_code_is_in_snake_case_and_a_status_is_of_a_failure(error: type[PlugwrightError]):
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.code)
    assert 400 <= error.status <= 599
    assert error.__doc__


def test_every_drawn_code_belongs_to_one_error():
    codes = [line.code for line in drawing() if line.status is not None]
    assert len(set(codes)) == len(codes)


def test_a_failure_of_the_caller_is_4xx_and_any_other_5xx():
    for error in TREE.values():
        assert (error.status < 500) == issubclass(error, CallError), error.__name__


def test_errors_that_may_pass_by_themselves_are_retryable():
    assert {name for name, error in TREE.items() if error.retryable} == {
        "KeyInProgress",
        "RequestTimeout",
        "TooManyCalls",
        "UpstreamError",
        "UpstreamUnavailable",
        "UpstreamTimeout",
        "Unavailable",
        "CallTimeout",
    }


def test_details_may_be_mappings_or_details():
    error = CallError("no", details=[{"field": "a", "problem": "b"}, Detail("c", "d")])
    assert error.details == (Detail("a", "b"), Detail("c", "d"))
    assert (str(error), error.message, error.retry_after) == ("no", "no", None)


def test_some_errors_say_what_they_need():
    assert MethodNotAllowed("no", allow="GET").allow == "GET"
    assert "request id" in InternalError().message
    assert TooManyCalls("no", limit="60/minute").limit == "60/minute"


RAISED = [
    CallError("Say it otherwise."),
    NotFound("No such city.", details=[{"field": "city", "problem": "unknown"}]),
    Conflict("Already there."),
    UpstreamError("The weather service failed."),
    plugwright.UpstreamUnavailable("The weather service is down."),
    plugwright.UpstreamTimeout("The weather service is slow."),
    Unavailable("Come back.", retry_after=30),
]


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
async def test_a_raised_error_becomes_its_status_and_body_over_rest(error: PlugwrightError):
    async with Client(failing_with(error)) as client:
        reply = await client.get("/fail")
    assert reply.status == error.status
    body = reply.json()
    assert (body["error"], body["code"]) == (error.message, error.code)
    assert body["request_id"] == reply.headers["x-request-id"]
    assert body.get("details", []) == [{"field": item.field, "problem": item.problem} for item in error.details]
    assert ("retry-after" in reply.headers) == (error.status == 503)


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
async def test_a_raised_error_becomes_a_failed_result_on_mcp(error: PlugwrightError):
    async with Client(failing_with(error)) as client:
        result = (await client.mcp("tools/call", {"name": "fail"})).json()["result"]
    assert result["isError"] is True
    said = json.loads(result["content"][0]["text"])
    assert (said["error"], said["code"]) == (error.message, error.code)


@pytest.mark.parametrize("error", [ValueError("hunter2"), KeyError("hunter2"), OSError("hunter2")], ids=repr)
async def test_any_other_exception_is_masked_and_only_logged(error: Exception, capsys: pytest.CaptureFixture[str]):
    async with Client(failing_with(error)) as client:
        reply = await client.get("/fail")
        result = (await client.mcp("tools/call", {"name": "fail"})).text
    assert (reply.status, reply.json()["code"]) == (500, "internal_error")
    assert "hunter2" not in reply.text + result
    assert "Traceback" not in reply.text + result
    logged = capsys.readouterr().err
    assert "hunter2" in logged
    assert reply.headers["x-request-id"] in logged


async def test_the_pause_that_an_error_asks_for_is_sent():
    async with Client(failing_with(Unavailable("Come back.", retry_after=30))) as client:
        assert (await client.get("/fail")).headers["retry-after"] == "30"


async def test_an_error_of_the_authors_own_below_the_tree_keeps_its_code_and_status():
    class TooEarly(CallError):
        """The forecast is not out yet."""

        code = "too_early"
        status = 425

    async with Client(failing_with(TooEarly("Tomorrow."))) as client:
        reply = await client.get("/fail")
    assert (reply.status, reply.json()["code"], reply.json()["error"]) == (425, "too_early", "Tomorrow.")
