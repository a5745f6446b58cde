"""Ratios are taken round by round, and ranges cover what was seen."""
# ruff: noqa: S101 - tests assert

import pytest

from benchmarks.harness.budgets import at_least, at_most
from benchmarks.harness.figures import Spread, ratios


def test_a_ratio_pairs_each_round_with_the_bare_round_beside_it() -> None:
    # The machine ran at half speed in the second round; the ratio does not notice.
    assert ratios([30.0, 15.0], [40.0, 20.0]) == [0.75, 0.75]


def test_rounds_without_a_partner_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratios([30.0, 15.0], [40.0])


def test_a_spread_is_the_median_and_the_extremes() -> None:
    assert Spread.of([0.5, 0.9, 0.7]) == Spread(median=0.7, low=0.5, high=0.9)


def test_a_spread_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Spread.of([])


def test_a_quotient_has_the_widest_range_that_the_two_allow() -> None:
    quotient = Spread(0.6, 0.5, 0.8).over(Spread(0.02, 0.01, 0.04))
    assert (quotient.median, quotient.low, quotient.high) == pytest.approx((30, 12.5, 80))


def test_a_spread_is_written_with_its_range() -> None:
    assert Spread(0.7, 0.5, 0.9).text(2) == "0.70 (0.50 to 0.90)"


def test_a_limit_is_held_against_the_median_and_includes_its_bound() -> None:
    measured = Spread(0.65, 0.1, 2.0)
    assert at_least(0.65, "{}").keeps(measured)
    assert at_most(0.65, "{}").keeps(measured)
    assert not at_least(0.66, "{}").keeps(measured)
    assert not at_most(0.64, "{}").keeps(measured)
