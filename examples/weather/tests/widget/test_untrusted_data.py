"""The widget with data that is hostile, odd, or not there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page

from examples.weather.tests.widget import samples
from examples.weather.tests.widget.hosts import in_chatgpt, in_mcp_app
from examples.weather.tests.widget.site import widget

MARKUP = '<img src=x onerror="document.title=1"><script>document.title=1</script><b>bold</b>'
ELEMENTS = "[...document.querySelectorAll('#card img, #card script, #card b, #card a')].length"


def hostile_forecast() -> dict[str, Any]:
    """A forecast with markup in every text."""
    forecast = samples.daily(3, city=MARKUP, country=MARKUP, region=MARKUP, source=MARKUP, timezone=MARKUP)
    forecast["units"] = {"temperature": MARKUP, "precipitation": MARKUP, "wind_speed": MARKUP}
    for day in forecast["daily"]:
        day["condition"] = MARKUP
    return forecast


@pytest.mark.parametrize("host", ["mcp app", "chatgpt"])
def test_markup_in_the_data_stays_text(page: Page, site: str, host: str):
    if host == "chatgpt":
        stage = in_chatgpt(page, site, {"toolOutput": hostile_forecast()})
    else:
        stage = in_mcp_app(page, site)
        stage.show(hostile_forecast())
    stage.frame.click("#reveal")
    assert stage.text("#city") == MARKUP
    assert stage.computed(ELEMENTS) == 0
    assert stage.computed("document.title") == "Forecast"


def test_markup_in_messages_stays_text(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.notify("tool-input", {"arguments": {"city": MARKUP}})
    stage.reaches("loading")
    assert MARKUP in stage.text("#message")
    stage.notify("tool-result", {"isError": True, "content": [{"type": "text", "text": MARKUP}]})
    stage.reaches("error")
    assert MARKUP in stage.text("#message")
    assert stage.computed(ELEMENTS) == 0


def test_names_that_objects_have_are_no_conditions(page: Page, site: str):
    stage = in_mcp_app(page, site)
    forecast = samples.daily(3, source="__proto__")
    for day, condition in zip(forecast["daily"], ("constructor", "__proto__", "toString"), strict=True):
        day["condition"] = condition
    stage.show(forecast)
    assert "Constructor" in stage.text("#reading")


WITHOUT_CITY = {key: value for key, value in samples.daily(3).items() if key != "city"}


@pytest.mark.parametrize(
    "content",
    [
        {},
        WITHOUT_CITY,
        samples.daily(3, city=""),
        samples.daily(3, city=["Tokyo"]),
        samples.daily(3, daily="many"),
        samples.daily(3, daily=[None, 7, "day", []]),
        samples.daily(3, daily=[{"date": "2026-11-22"}]),
        samples.daily(3, daily=[samples.day(0) | {"temperature_max": "14.9"}]),
        samples.daily(3, daily=[samples.day(0) | {"temperature_max": None}]),
        samples.daily(3, daily=[samples.day(0) | {"temperature_max": 1e9}]),
        samples.daily(3, daily=[samples.day(0) | {"date": "2026-13-45"}]),
        samples.daily(3, daily=[samples.day(0) | {"date": 20261122}]),
        samples.daily(3, daily=[samples.day(0) | {"temperature_min": 50.0}]),
        {"city": "Tokyo", "temperature": 12.3, "condition": "clear"},
    ],
)
def test_what_is_no_forecast_shows_the_error_state(page: Page, site: str, content: dict[str, Any]):
    stage = in_mcp_app(page, site)
    stage.notify("tool-result", samples.result(content))
    stage.reaches("error")


@pytest.mark.parametrize(
    "result", [{}, {"content": []}, {"content": "text"}, {"content": [{"type": "text", "text": "just prose"}]}]
)
def test_a_result_without_structured_content_shows_the_error_state(page: Page, site: str, result: dict[str, Any]):
    stage = in_mcp_app(page, site)
    stage.notify("tool-result", result)
    stage.reaches("error")


def test_a_forecast_of_no_days_shows_the_empty_state(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.notify("tool-result", samples.result(samples.daily(0)))
    stage.reaches("empty")
    assert "There is no forecast for Tokyo" in stage.text("#message")


def test_a_bad_answer_after_a_good_one_replaces_it(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(7))
    stage.notify("tool-result", samples.result({"city": "Tokyo"}))
    stage.reaches("error")
    assert not stage.frame.is_visible("#ready")


def test_unreadable_days_are_left_out_and_counted(page: Page, site: str):
    stage = in_mcp_app(page, site)
    forecast = samples.daily(7)
    forecast["daily"][2]["temperature_max"] = None
    forecast["daily"][5]["date"] = "tomorrow"
    stage.show(forecast)
    assert stage.frame.locator("#columns button").count() == 5
    assert "could not be read: 2" in stage.text("#note")


def test_impossible_side_figures_are_unknown_and_do_not_distort_the_chart(page: Page, site: str):
    stage = in_mcp_app(page, site)
    forecast = samples.daily(2)
    forecast["daily"][0] |= {"precipitation": -4, "precipitation_probability": 400, "wind_speed": "fast"}
    stage.show(forecast)
    assert stage.frame.locator(".facts div").count() == 0
    stage.frame.click("#reveal")
    row = stage.frame.locator("#table tbody tr").first.inner_text().split("\t")
    assert row[-3:] == ["\N{EN DASH}"] * 3


def test_a_flood_of_hours_is_cut_to_what_can_be_drawn(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.hourly(1000))
    assert stage.frame.locator("#columns button").count() == 400
    assert "could not be read: 600" in stage.text("#note")


def test_the_file_names_no_outside_address_and_never_parses_markup():
    source = widget()
    assert set(re.findall(r"https?://[^\"'\s]+", source)) == {"http://www.w3.org/2000/svg"}  # a namespace only
    for forbidden in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "fetch(",
    ):
        assert forbidden not in source
