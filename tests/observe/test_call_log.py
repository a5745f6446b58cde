"""The call log: one line for each call, in batches, and always whole."""

import asyncio
import io
import json
from datetime import datetime

import pytest
from pydantic import SecretStr

from plugwright import Cache, Call, NotFound, Plugin, ServiceKey
from plugwright.observe.call_log import CONSOLE_LINES, JSON_LINES, CallLog
from plugwright.observe.principal_digests import principal_digests
from plugwright.observe.trace_context import read_trace
from plugwright.principal import Principal
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.clocks import Clock
from tests.observe.arrivals import Came
from tests.web.plugins import new_plugin

JSON_LOG = Settings(log_style="json")


digest = principal_digests("a secret of tests")


def line(at: float = 0.0, *, operation: str = "get_weather", outcome: str = "ok", came: Came | None = None) -> str:
    """One line of the JSON log."""
    return JSON_LINES.line_of(operation, digest)(at, came or Came("abc1"), outcome, 0.0123)


def telling() -> Plugin:
    """A plugin with an operation that succeeds, refuses or logs."""
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/find")
    async def find(word: str, *, call: Call) -> str:
        """Find a word."""
        if word == "lost":
            raise NotFound("Lost")
        call.log.info("looking", word=word)
        return word

    return plugin


def logged(text: str, event: str) -> list[dict[str, object]]:
    """The lines of a JSON log that tell an event."""
    return [line for line in map(json.loads, text.splitlines()) if line["event"] == event]


def test_a_line_is_json_with_everything_a_search_needs() -> None:
    text = line(1795306081.9999)
    data = json.loads(text)

    assert text.endswith("}\n")
    assert text.count("\n") == 1
    assert data == {
        "event": "call",
        "operation": "get_weather",
        "protocol": "rest",
        "outcome": "ok",
        "cache": "none",
        "duration_us": 12300,
        "request_id": "abc1",
        "level": "info",
        "timestamp": data["timestamp"],
    }
    stamp = datetime.fromisoformat(data["timestamp"])
    assert abs(stamp.timestamp() - 1795306081.9999) < 0.002


def test_a_line_tells_the_user_by_digest_the_client_the_cache_and_the_trace() -> None:
    trace = read_trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    found = json.loads(line(came=Came("abc1", "mcp", Principal("ann@example.com", 'cl"1'), trace, "hit")))

    assert (found["client"], found["cache"], found["trace_id"]) == ('cl"1', "hit", "0af7651916cd43dd8448eb211c80319c")
    assert found["principal"] == digest("ann@example.com")
    assert "ann" not in str(found)


def test_a_user_has_one_digest_wherever_the_secret_is_the_same() -> None:
    assert digest("ann") == principal_digests("a secret of tests")("ann")
    assert len({digest("ann"), digest("bob"), principal_digests("another")("ann")}) == 3
    assert len(digest("\udcff")) == 16


def test_a_client_with_a_long_id_makes_no_long_line() -> None:
    assert len(line(came=Came("abc1", principal=Principal("ann", "https://example.com/" + "x" * 2000)))) < 600


@pytest.mark.parametrize(
    "name", ['quo"te', "back\\slash", "new\nline", "东京", "\u2028", "weather://city/{id}", "\udcff"]
)
def test_no_name_breaks_a_line(name: str) -> None:
    text = line(operation=name)

    assert json.loads(text)["operation"] == name
    assert text.isascii()
    assert text.count("\n") == 1


def test_no_error_code_breaks_a_line() -> None:
    assert json.loads(line(outcome='say "no"'))["outcome"] == 'say "no"'


@pytest.mark.parametrize(
    ("outcome", "level"),
    [
        ("ok", "info"),
        ("cancelled", "info"),
        ("input_required", "info"),
        ("not_found", "warning"),
        ("internal_error", "warning"),
    ],
)
def test_what_went_wrong_is_a_warning(outcome: str, level: str) -> None:
    assert json.loads(line(outcome=outcome))["level"] == level


def test_a_person_reads_the_same_in_columns() -> None:
    text = CONSOLE_LINES.line_of("get_weather", digest)(0.5, Came("abc1"), "ok", 0.0123)

    assert text.startswith("00:00:00 rest ")
    assert "get_weather" in text
    assert "12.30 ms" in text
    assert text.endswith("abc1\n")

    text = CONSOLE_LINES.line_of("get_weather", digest)(
        0.5, Came("abc1", principal=Principal("ann"), cache="hit"), "ok", 0
    )
    assert text.endswith(f"abc1  hit  {digest('ann')}\n")


async def test_lines_wait_for_each_other_and_are_written_in_order() -> None:
    stream = io.StringIO()
    log = CallLog(JSON_LINES, digest, stream)
    observe = log("find")
    for number in range(10):
        observe(Came(str(number)), "ok", 0.0)
    assert stream.getvalue() == ""

    log.flush()
    assert [line["request_id"] for line in logged(stream.getvalue(), "call")] == [str(number) for number in range(10)]
    log.flush()
    assert stream.getvalue().count("\n") == 10


async def test_under_load_calls_that_went_well_are_sampled_and_counted() -> None:
    stream = io.StringIO()
    log = CallLog(JSON_LINES, digest, stream)
    observe = log("find")
    for _ in range(1000):
        observe(Came("x"), "ok", 0.0)
    for _ in range(10):
        observe(Came("y"), "not_found", 0.0)
    log.flush()

    lines = logged(stream.getvalue(), "call")
    (skipped,) = logged(stream.getvalue(), "calls_not_logged")
    assert 100 <= len(lines) < 1000
    assert len([found for found in lines if found["outcome"] == "not_found"]) == 10
    assert len(lines) + int(str(skipped["count"])) == 1010


async def test_after_a_burst_every_call_has_its_line_again() -> None:
    stream = io.StringIO()
    log = CallLog(JSON_LINES, digest, stream)
    observe = log("find")
    for _ in range(1000):
        observe(Came("x"), "ok", 0.0)
    log.flush()
    observe(Came("later"), "ok", 0.0)
    log.flush()

    assert logged(stream.getvalue(), "call")[-1]["request_id"] == "later"
    assert len(logged(stream.getvalue(), "calls_not_logged")) == 1


async def test_a_log_that_cannot_be_written_fails_no_call() -> None:
    class Full(io.StringIO):
        """A stream on a full disk."""

        def write(self, text: str) -> int:  # noqa: ARG002 the signature of a stream
            raise OSError(28, "No space left on device")

    log = CallLog(JSON_LINES, digest, Full())
    log("find")(Came("x"), "ok", 0.0)
    log.flush()

    assert log.dropped == 1


async def test_a_single_line_is_written_soon() -> None:
    written = asyncio.Event()

    class Stream(io.StringIO):
        """Tells when something is written."""

        def write(self, text: str) -> int:
            written.set()
            return super().write(text)

    stream = Stream()
    CallLog(JSON_LINES, digest, stream)("find")(Came("x"), "ok", 0.0)
    async with asyncio.timeout(5):
        await written.wait()
    assert stream.getvalue().count("\n") == 1


async def test_every_call_is_one_line_and_every_error_names_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    async with Client(telling(), JSON_LOG) as client:
        replies = [await client.get(f"/find?word={word}") for word in ("a", "lost")] + [await client.get("/find")]
        await client.mcp("tools/call", {"name": "find", "arguments": {"word": "b"}})

    lines = logged(capsys.readouterr().err, "call")
    assert [(line["protocol"], line["outcome"]) for line in lines] == [
        ("rest", "ok"),
        ("rest", "not_found"),
        ("rest", "invalid_input"),
        ("mcp", "ok"),
    ]
    assert [line["request_id"] for line in lines[1:3]] == [reply.headers["x-request-id"] for reply in replies[1:]]
    assert len({line["request_id"] for line in lines}) == 4
    assert {line["operation"] for line in lines} == {"find"}


async def test_a_handlers_own_lines_carry_the_request_id(capsys: pytest.CaptureFixture[str]) -> None:
    async with Client(telling(), JSON_LOG) as client:
        await client.get("/find?word=a")

    log = capsys.readouterr().err
    (line,) = logged(log, "looking")
    (call,) = logged(log, "call")
    assert line["request_id"] == call["request_id"]
    assert (line["operation"], line["word"], line["level"]) == ("find", "a", "info")


async def test_the_input_of_a_call_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, path="/sign")
    async def sign(secret: str, number: int = 0) -> None:
        """Sign something."""

    async with Client(plugin, JSON_LOG) as client:
        await client.post("/sign", json={"secret": "hunter2"}, headers={"authorization": "Bearer hunter2"})
        await client.post("/sign", json={"secret": "hunter2", "number": "hunter2"})
        await client.request("POST", "/sign", body=b'{"secret": "hunter2', headers={"content-type": "application/json"})
        await client.get("/nothing?secret=hunter2")

    assert "hunter2" not in capsys.readouterr().err


async def test_the_call_log_can_be_switched_off_and_calls_are_still_counted(capsys: pytest.CaptureFixture[str]) -> None:
    async with Client(telling(), Settings(log_style="json", call_log=False)) as client:
        await client.get("/find?word=lost")
        assert client.app.counters.by_key["find", "rest", "not_found"].calls == 1

    assert capsys.readouterr().err == ""


async def test_the_level_keeps_lines_away(capsys: pytest.CaptureFixture[str]) -> None:
    async with Client(telling(), Settings(log_style="json", log_level="error", call_log=False)) as client:
        await client.get("/find?word=a")

    assert "looking" not in capsys.readouterr().err


async def test_a_line_tells_where_the_answer_came_from(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    plugin = telling()

    @plugin.operation(
        effect="read", open_world=False, path="/kept", cache=Cache(ttl="100s", stale="1000s", shared=True)
    )
    async def kept() -> int:
        """Keep it."""
        return 1

    client = Client(plugin)
    client.app = plugin.asgi(JSON_LOG, now=clock)
    async with client:
        await client.get("/kept")
        await client.mcp("tools/call", {"name": "kept"})
        clock.pass_by(200)
        await client.get("/kept")
        await client.get("/find?word=a")

    lines = logged(capsys.readouterr().err, "call")
    assert [line["cache"] for line in lines] == ["miss", "hit", "stale", "none"]


async def test_who_calls_is_told_by_digest(capsys: pytest.CaptureFixture[str]) -> None:
    plugin = new_plugin(auth=ServiceKey())
    key = "a-key-of-32-characters-or-more-0001"

    @plugin.operation(effect="read", open_world=False, path="/do")
    async def do() -> None:
        """Do it."""

    settings = Settings(log_style="json", service_keys=(SecretStr(key),), secret=SecretStr("a secret of tests"))
    async with Client(plugin, settings) as client:
        await client.get("/do", headers={"authorization": f"Bearer {key}"})
        await client.mcp("tools/call", {"name": "do"}, headers={"authorization": f"Bearer {key}"})
        await client.get("/do", headers={"authorization": "Bearer wrong"})

    text = capsys.readouterr().err
    lines = logged(text, "call")
    assert [line.get("principal") for line in lines] == [digest("service"), digest("service"), None]
    assert key not in text
