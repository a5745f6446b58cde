"""What is logged of values and exceptions: what is on a list, and nothing else."""

import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, NoReturn

import pytest
from pydantic import BaseModel, SecretBytes, SecretStr

from plugwright import Call
from plugwright.observe.logs import LogStyle, make_logger
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.web.plugins import doing

CANARY = "canary-d41d8cd98f00"
PRODUCTION = Settings(
    environment="production", public_url="https://p.example.com", secret=SecretStr(secrets.token_hex(32))
)


class Person(BaseModel):
    """Somebody."""

    name: str


@dataclass
class Card:
    """A payment card."""

    number: str


class Unprintable(Exception):
    """An exception without a text."""

    def __str__(self) -> str:
        raise RuntimeError(CANARY)


def logged(capsys: pytest.CaptureFixture[str]) -> Any:
    """The one line that was logged."""
    return json.loads(capsys.readouterr().err)


def failing(error: Exception) -> Exception:
    """The exception, as it was raised from another one."""
    try:
        raise_from_a_cause(error, Card(CANARY))
    except Exception as raised:  # noqa: BLE001 any
        return raised


def raise_from_a_cause(error: Exception, card: Card) -> NoReturn:
    """Raise the exception, in a frame that has a secret."""
    raise error from KeyError(CANARY, card)


def test_plain_values_are_logged(capsys: pytest.CaptureFixture[str]) -> None:
    fields = {"number": 3, "share": 0.5, "is_new": True, "nothing": None, "city": "東京", "tags": ["a", {"b": (1, 2)}]}
    make_logger(LogStyle()).info("found", **fields, at=datetime(2026, 1, 2, tzinfo=UTC), file=PurePosixPath("/x"))

    found = logged(capsys)
    assert {name: found[name] for name in fields} == fields | {"tags": ["a", {"b": [1, 2]}]}
    assert (found["at"], found["file"]) == ("2026-01-02 00:00:00+00:00", "/x")
    assert (found["event"], found["level"]) == ("found", "info")


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize(
    "value",
    [
        *(SecretStr(CANARY), SecretBytes(CANARY.encode()), CANARY.encode(), ValueError(CANARY), Person(name=CANARY)),
        *([Card(CANARY)], {"card": {1: [SecretStr(CANARY)]}}, (Person(name=CANARY),), [[[[[[CANARY]]]]]]),
    ],
)
def test_of_any_other_value_it_is_only_logged_what_it_is(
    value: Any, form: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    make_logger(LogStyle(form, with_texts=True)).info("found", value=value)

    assert CANARY not in capsys.readouterr().err


def test_a_line_stays_short(capsys: pytest.CaptureFixture[str]) -> None:
    much: dict[str, Any] = {"text": "x" * 10_000_000, "list": list(range(100_000)), "map": dict.fromkeys(range(10_000))}
    make_logger(LogStyle()).info("y" * 100_000, **much, number=10**10_000)
    text = capsys.readouterr().err

    assert len(text) < 5000
    assert "10000000 characters" in text
    assert "99950 more" in text


def test_a_number_without_a_form_in_json_is_a_text(capsys: pytest.CaptureFixture[str]) -> None:
    make_logger(LogStyle()).info("found", share=float("nan"), most=float("inf"), exact=1e300)

    found = logged(capsys)
    assert (found["share"], found["most"]) == ("nan", "inf")


def test_on_a_terminal_a_text_cannot_begin_a_line_or_give_orders(capsys: pytest.CaptureFixture[str]) -> None:
    make_logger(LogStyle("console")).info("one\ntwo\x1b[2J", name="three\r\nfour")

    text = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().err)
    assert text.count("\n") == 1
    assert "\x1b" not in text
    assert r"one\ntwo\x1b[2J" in text


@pytest.mark.parametrize("form", ["json", "console"])
def test_in_production_an_exception_is_its_types_and_places(form: Any, capsys: pytest.CaptureFixture[str]) -> None:
    make_logger(LogStyle(form)).error("failed", exc_info=failing(ValueError(CANARY)))

    text = capsys.readouterr().err
    assert CANARY not in text
    assert "ValueError" in text
    assert "KeyError" in text
    assert re.search(r"test_redaction\.py:\d+ in raise_from_a_cause", text)


def test_a_developer_reads_the_texts(capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("json", "console"):
        make_logger(LogStyle(form, with_texts=True)).error("failed", exc_info=failing(ValueError(CANARY)))
        assert CANARY in capsys.readouterr().err
    make_logger(LogStyle(with_texts=True)).error("failed", exc_info=failing(Unprintable()))
    assert logged(capsys)["exception"][0]["text"] == "<RuntimeError in its __str__>"


def test_the_exceptions_of_a_group_are_told_each(capsys: pytest.CaptureFixture[str]) -> None:
    group = ExceptionGroup(CANARY, [failing(ValueError(CANARY)), ExceptionGroup(CANARY, [failing(TypeError(CANARY))])])
    make_logger(LogStyle()).error("failed", exc_info=failing(group))
    make_logger(LogStyle("console")).error("failed", exc_info=failing(group))

    text = capsys.readouterr().err
    assert CANARY not in text
    one, other = json.loads(text.splitlines()[0])["exception"][0]["exceptions"]
    assert [found["type"] for found in one] == ["ValueError", "KeyError"]
    assert other[0]["exceptions"][0][0]["type"] == "TypeError"


def test_an_exception_that_is_its_own_cause_ends(capsys: pytest.CaptureFixture[str]) -> None:
    error = ValueError()
    error.__cause__ = KeyError()
    error.__cause__.__cause__ = error
    make_logger(LogStyle()).error("failed", exc_info=error)

    assert len(logged(capsys)["exception"]) == 8


def connect(url: str) -> None:
    """Fail, and tell the URL."""
    raise ConnectionError(url)


async def test_what_a_handler_raises_with_is_not_logged_in_production(capsys: pytest.CaptureFixture[str]) -> None:
    async def fail(call: Call, word: str) -> None:
        call.log.error("first", exc_info=ValueError(word))
        try:
            connect(f"https://api.example.com/?key={word}")
        except ConnectionError:
            call.log.exception("second")
            raise

    async with Client(doing(fail), PRODUCTION) as client:
        headers = {"host": "p.example.com"}
        reply = await client.get(f"/do?word={CANARY}", headers=headers)
        await client.mcp("tools/call", {"name": "fail", "arguments": {"word": CANARY}}, headers=headers)

    text = capsys.readouterr().err
    assert reply.status == 500
    assert CANARY not in text + reply.text
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["event"] for line in lines].count("call_failed") == 2
    failed = next(line for line in lines if line["event"] == "call_failed")
    assert (failed["operation"], failed["request_id"]) == ("fail", reply.headers["x-request-id"])
    assert failed["exception"][0]["type"] == "ConnectionError"
    assert re.search(r"test_redaction\.py:\d+ in connect", failed["exception"][0]["frames"][-1])


async def test_lines_of_a_handler_name_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    async def tell(call: Call) -> None:
        call.log.info("told")

    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with Client(doing(tell), Settings(log_style="json")) as client:
        await client.get("/do", headers={"traceparent": traceparent})
        await client.mcp("tools/call", {"name": "tell"}, meta={"traceparent": traceparent})

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["told", "told", "call", "call"]
    assert {line["trace_id"] for line in lines} == {"0af7651916cd43dd8448eb211c80319c"}
