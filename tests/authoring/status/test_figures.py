"""Figures out of Prometheus's text format."""

import pytest

from plugwright.authoring.status.figures import Figures, parse_figures

PAGE = """\
# TYPE calls_total counter
calls_total{operation="a",outcome="ok"} 10
calls_total{operation="a",outcome="not_found"} 2
calls_total{operation="b",outcome="ok"} 5
# TYPE in_progress gauge
in_progress 3
# TYPE took_seconds histogram
took_seconds_bucket{operation="a",le="0.1"} 50
took_seconds_bucket{operation="a",le="1.0"} 90
took_seconds_bucket{operation="a",le="+Inf"} 100
took_seconds_count{operation="a"} 100
took_seconds_sum{operation="a"} 20
"""


def test_samples_are_summed_over_the_labels_that_nobody_asked_for():
    figures = parse_figures([PAGE])

    assert figures.total("calls_total") == 17
    assert figures.total("calls_total", operation="a") == 12
    assert figures.by("calls_total", "outcome") == {("ok",): 15, ("not_found",): 2}
    assert figures.total("nothing") == 0


def test_the_pages_of_replicas_add_up():
    assert parse_figures([PAGE, PAGE]).total("calls_total", outcome="ok") == 30


@pytest.mark.parametrize(("part", "value"), [(0.25, 0.05), (0.5, 0.1), (0.7, 0.55), (0.9, 1.0), (0.99, 1.0)])
def test_quantiles_lie_in_their_bucket(part: float, value: float):
    assert parse_figures([PAGE]).quantile("took_seconds", part) == pytest.approx(value)


def test_there_is_no_quantile_of_nothing():
    assert Figures().quantile("took_seconds", 0.5) is None
    assert parse_figures([PAGE]).quantile("took_seconds", 0.5, operation="b") is None


def test_growth_is_that_of_counters_and_a_new_beginning_counts_from_nothing():
    before = parse_figures([PAGE])
    after = parse_figures(
        [PAGE.replace('outcome="ok"} 10', 'outcome="ok"} 14').replace('"b",outcome="ok"} 5', '"b",outcome="ok"} 1')]
    )

    grown = after.since(before)

    assert grown.by("calls_total", "operation", "outcome") == {("a", "ok"): 4, ("a", "not_found"): 0, ("b", "ok"): 1}
    assert grown.total("in_progress") == 3


@pytest.mark.parametrize("page", ["<html>", "calls_total{", 'calls_total{a="b"} x'])
def test_a_page_of_something_else_is_refused(page: str):
    with pytest.raises(ValueError):  # noqa: PT011 whatever the parser says
        parse_figures([page])
