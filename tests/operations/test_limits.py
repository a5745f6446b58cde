"""Limits as authors write them."""

from typing import Any

import pytest

from plugwright import SetupError
from plugwright.operations.limits import Limit, Limits, compile_limits
from tests.operations.plugins import new_plugin, plugin_of


def give() -> bool:
    """Give."""
    return True


@pytest.mark.parametrize(
    ("text", "calls", "window"),
    [
        ("1/second", 1, 1),
        ("60/minute", 60, 60),
        ("100 / hour", 100, 3600),
        ("1000000/day", 1_000_000, 86_400),
        ("20/10s", 20, 10),
        ("5/15m", 5, 900),
    ],
)
def test_a_limit_is_calls_per_time(text: str, calls: int, window: int):
    assert compile_limits("x", text, None) == Limits((Limit(calls, window, text),), "principal")


def test_several_limits_count_at_once_the_shortest_window_first():
    limits = compile_limits("x", ["1000/day", "60/minute"], "client")
    assert limits is not None
    assert [limit.text for limit in limits.limits] == ["60/minute", "1000/day"]
    assert limits.by == "client"


def test_nothing_said_is_no_limit():
    assert compile_limits("x", None, None) is None


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"limit": "60"}, "'60'"),
        ({"limit": "0/minute"}, "'0/minute'"),
        ({"limit": "-1/minute"}, "'-1/minute'"),
        ({"limit": "many/minute"}, "'many/minute'"),
        ({"limit": "60/fortnight"}, "fortnight"),
        ({"limit": "60/500ms"}, "parts of a second"),
        ({"limit": "60/0s"}, "60/0s"),
        ({"limit": 60}, "60"),
        ({"limit": [60]}, "60"),
        ({"limit": []}, "empty"),
        ({"limit": ["60/minute", "50/60s"]}, "the same time"),
        ({"limit": ["60/minute", "60/hour"]}, "never reached"),
        ({"limit": "60/minute", "limit_by": "moon"}, "moon"),
        ({"limit_by": "client"}, "without a limit"),
    ],
    ids=str,
)
def test_a_wrong_limit_is_refused_before_serving(options: dict[str, Any], named: str):
    with pytest.raises(SetupError, match=r"^give: ") as refused:
        plugin_of(give, **options)
    assert named in refused.value.message
    with pytest.raises(SetupError, match=r"^Plugin sample: "):
        new_plugin(**options)
