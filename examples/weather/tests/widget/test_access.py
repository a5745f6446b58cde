"""The widget for everyone: keyboard, screen readers, small screens, enough contrast, no forced motion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from examples.weather.tests.widget import samples
from examples.weather.tests.widget.hosts import Stage, in_mcp_app
from tests.axe import faults_in

LOWEST_CONTRAST = (Path(__file__).parent / "pages" / "contrast.js").read_text(encoding="utf-8")
LONG_NAME = "Krungthepmahanakhonamonrattanakosinmahintharaayuthayamahadilokphopnoppharatratchathaniburirom"
SKIES = ("clear", "overcast", "rain", "snow", "thunderstorm")  # each colours the ground in its way
SELECTED = "#columns button[aria-pressed='true']"


def selected(stage: Stage) -> int:
    """The number of the column whose figures are shown."""
    return stage.computed(f"[...document.querySelectorAll('#columns button')].findIndex(b => b.matches(`{SELECTED}`))")


def test_the_chart_has_one_text_that_sums_it_up(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(7))
    chart = stage.frame.get_by_role("img")
    assert chart.count() == 1
    label = chart.get_attribute("aria-label")
    assert label is not None
    assert label.startswith("Daily forecast for Tokyo, 22")
    assert "from 4.2 °C to 19.6 °C" in label
    assert "23.7 mm" in label


def test_every_column_says_all_its_figures(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(7))
    label = stage.frame.get_attribute("#columns button:nth-child(4)", "aria-label")
    assert label == (
        "Wednesday 25 November; heavy rain; High 14.1 °C; Low 10.2 °C; Rain 14.8 mm; Chance 95%; Wind 31 km/h"
    )


def test_arrow_keys_move_through_the_columns_and_the_figures_follow(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(7))
    stage.frame.focus("#columns button")
    for key, expected in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 6), ("ArrowRight", 6)):
        page.keyboard.press(key)
        assert selected(stage) == expected
    assert "Saturday 28 November" in stage.text("#reading")
    page.keyboard.press("Home")
    assert "Sunday 22 November" in stage.text("#reading")


def test_the_columns_are_one_stop_of_the_tab_key(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(7))
    stops: list[str] = []
    stage.frame.focus("#switch button")
    for _ in range(3):
        page.keyboard.press("Tab")
        stops.append(stage.computed("document.activeElement.id || document.activeElement.parentElement.id"))
    assert stops == ["switch", "columns", "reveal"]


def test_a_focused_column_is_scrolled_into_view_and_has_a_ring(page: Page, site: str):
    page.set_viewport_size({"width": 320, "height": 900})
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(16))
    stage.frame.focus("#columns button")
    page.keyboard.press("End")
    box = stage.frame.locator("#columns button").last.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 320
    assert stage.computed("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_pointing_at_a_column_shows_its_figures(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(7))
    stage.frame.hover("#columns button:nth-child(4)")
    assert "Wednesday 25 November" in stage.text("#reading")
    stage.frame.click("#columns button:nth-child(2)")
    assert "Monday 23 November" in stage.text("#reading")


def test_the_table_holds_every_figure_and_opens_by_keyboard(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(7))
    stage.frame.focus("#reveal")
    page.keyboard.press("Enter")
    assert stage.frame.get_attribute("#reveal", "aria-expanded") == "true"
    rows = stage.frame.locator("#table tbody tr")
    assert rows.count() == 7
    assert rows.nth(3).inner_text().split("\t") == ["Wed 25 Nov", "Heavy rain", "14.1", "10.2", "14.8", "95%", "31"]
    heads = stage.frame.locator("#table thead th").all_inner_texts()
    assert heads == ["Day", "Condition", "High (°C)", "Low (°C)", "Rain (mm)", "Chance", "Wind (km/h)"]
    page.keyboard.press("Enter")
    assert not stage.frame.is_visible("#table")


@pytest.mark.parametrize(
    "forecast",
    [
        samples.daily(7),
        samples.daily(16),
        samples.hourly(72),
        samples.daily(7, city=LONG_NAME, country=LONG_NAME, region=LONG_NAME, source=LONG_NAME),
    ],
    ids=["week", "16 days", "72 hours", "long names"],
)
def test_a_phone_has_no_sideways_scrolling_of_the_page(page: Page, site: str, forecast: dict[str, Any]):
    page.set_viewport_size({"width": 320, "height": 900})
    stage = in_mcp_app(page, site, context={"availableDisplayModes": ["inline", "fullscreen"]})
    stage.show(forecast)
    stage.frame.click("#reveal")
    assert stage.computed("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("state", ["waiting", "loading", "error"])
def test_messages_fit_a_phone_too(page: Page, site: str, state: str):
    page.set_viewport_size({"width": 320, "height": 900})
    stage = in_mcp_app(page, site)
    if state == "loading":
        stage.notify("tool-input", {"arguments": {"city": LONG_NAME}})
    if state == "error":
        stage.notify("tool-result", {"isError": True, "content": [{"type": "text", "text": LONG_NAME}]})
    stage.reaches(state)
    assert stage.computed("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_stands_out_from_its_ground(page: Page, site: str, theme: str):
    page.emulate_media(reduced_motion="reduce")
    stage = in_mcp_app(page, site, context={"theme": theme}, answers={})
    forecast = samples.daily(5)
    for day, condition in zip(forecast["daily"], SKIES, strict=True):
        day["condition"] = condition
    stage.show(forecast)
    stage.frame.click("#reveal")
    stage.frame.click("#switch >> text=Hourly")  # fails, so that the notice is there as well
    stage.frame.wait_for_selector("#notice:not(:empty)")
    for number, sky in enumerate(SKIES, start=1):
        stage.frame.hover(f"#columns button:nth-child({number})")
        lowest, said = stage.frame.evaluate(LOWEST_CONTRAST)
        assert lowest >= 4.5, (sky, said)


def test_nothing_moves_for_those_who_asked_for_that(page: Page, site: str):
    page.emulate_media(reduced_motion="reduce")
    stage = in_mcp_app(page, site)
    stage.notify("tool-input", {"arguments": {"city": "Tokyo"}})
    stage.reaches("loading")
    assert stage.computed("document.getAnimations().length") == 0
    stage.show(samples.daily(7))
    stage.frame.hover("#columns button:nth-child(4)")
    assert stage.computed("document.getAnimations().length") == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong(page: Page, site: str, theme: str):
    page.set_viewport_size({"width": 320, "height": 900})
    page.emulate_media(reduced_motion="reduce")
    stage = in_mcp_app(page, site, context={"theme": theme})
    assert faults_in(stage.frame, is_embedded=True) == []
    stage.show(samples.daily(7))
    stage.frame.click("#reveal")
    assert faults_in(stage.frame, is_embedded=True) == []
