"""The load script says what is asked, and its figures are read exactly."""
# ruff: noqa: S101 - tests assert

import pytest

from benchmarks.harness import wrk
from benchmarks.harness.errors import BenchError
from benchmarks.harness.wire import HttpCall

FIGURES = (
    "Running 3s test @ http://127.0.0.1:9000/mcp\n"
    "figures requests=120000 duration_us=3000000 p50_us=750 p99_us=2500 "
    "connect=0 read=0 write=0 timeout=0 status=0\n"
)


def test_the_figures_of_a_round_become_rates_and_milliseconds() -> None:
    sample = wrk.parse(FIGURES)
    assert sample == wrk.Sample(requests=120_000, requests_per_second=40_000, p50_ms=0.75, p99_ms=2.5)


@pytest.mark.parametrize("error", ["connect", "read", "write", "timeout", "status"])
def test_a_round_with_an_error_is_worthless(error: str) -> None:
    with pytest.raises(BenchError, match=f"'{error}': 3"):
        wrk.parse(FIGURES.replace(f"{error}=0", f"{error}=3"))


def test_a_round_without_requests_is_worthless() -> None:
    with pytest.raises(BenchError, match="0 requests"):
        wrk.parse(FIGURES.replace("requests=120000", "requests=0"))


def test_output_without_figures_is_shown() -> None:
    with pytest.raises(BenchError, match="unable to connect"):
        wrk.parse("unable to connect to 127.0.0.1:9000 Connection refused\n")


def test_a_body_is_quoted_for_the_load_script() -> None:
    call = HttpCall("POST", "/mcp", (("Content-Type", "application/json"),), '{"a":"b\\n"}')
    lines = wrk.script(call).splitlines()
    assert lines[:3] == [
        'wrk.method = "POST"',
        'wrk.headers["Content-Type"] = "application/json"',
        r'wrk.body = "{\"a\":\"b\\n\"}"',
    ]


def test_a_call_without_a_body_sets_none() -> None:
    assert "wrk.body" not in wrk.script(HttpCall("GET", "/weather"))
