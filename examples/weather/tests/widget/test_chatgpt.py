"""The widget in ChatGPT: window.openai, with no MCP Apps bridge behind it."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page

from examples.weather.tests.widget import samples
from examples.weather.tests.widget.hosts import in_chatgpt

SET = "globals => window.setGlobals(globals)"


def test_the_tools_output_is_drawn(page: Page, site: str):
    stage = in_chatgpt(page, site, {"toolInput": {"city": "Tokyo"}, "toolOutput": samples.daily(7), "theme": "dark"})
    stage.reaches("ready")
    assert stage.text("#city") == "Tokyo"
    assert stage.computed("getComputedStyle(document.documentElement).backgroundColor") == "rgb(17, 25, 35)"


def test_it_waits_for_approval_then_for_the_answer(page: Page, site: str):
    stage = in_chatgpt(page, site, {"toolInput": None, "toolOutput": None})
    stage.reaches("waiting")
    stage.frame.evaluate(SET, {"toolInput": {"city": "Tokyo"}})
    stage.reaches("loading")
    assert "Tokyo" in stage.text("#message")
    stage.frame.evaluate(SET, {"toolOutput": samples.daily(7)})
    stage.reaches("ready")


def test_it_follows_changes_of_theme_and_language(page: Page, site: str):
    stage = in_chatgpt(page, site, {"toolOutput": samples.daily(7), "theme": "light"})
    stage.frame.evaluate(SET, {"theme": "dark", "locale": "fr-FR"})
    assert stage.computed("document.documentElement.dataset.theme") == "dark"
    assert "dimanche 22 novembre" in stage.text("#reading")


@pytest.mark.parametrize("form", ["structured", "text", "result"])
def test_the_switch_calls_the_tool_whatever_form_its_answer_has(page: Page, site: str, form: str):
    hours = samples.hourly(24)
    forms = {
        "structured": samples.result(hours),
        "text": {"content": [{"type": "text", "text": json.dumps(hours)}]},
        "result": {"result": json.dumps(hours)},
    }
    stage = in_chatgpt(page, site, {"toolOutput": samples.daily(7)}, answers={"hourly": forms[form]})
    stage.frame.click("#switch >> text=Hourly")
    stage.has_columns(24)
    wanted = {"city": "Tokyo", "country": "JP", "days": 3, "steps": "hourly"}
    assert stage.calls("callTool") == [["get_forecast", wanted]]


def test_globals_that_repeat_the_output_do_not_undo_the_switch(page: Page, site: str):
    answers = {"hourly": samples.result(samples.hourly(24))}
    stage = in_chatgpt(page, site, {"toolOutput": samples.daily(7)}, answers=answers)
    stage.frame.click("#switch >> text=Hourly")
    stage.has_columns(24)
    stage.frame.evaluate(SET, {"toolOutput": samples.daily(7), "maxHeight": 900})
    assert stage.frame.locator("#columns button").count() == 24


def test_chatgpt_learns_the_height(page: Page, site: str):
    stage = in_chatgpt(page, site, {"toolOutput": samples.daily(7)})
    stage.becomes("window.calls.some(([name]) => name === 'notifyIntrinsicHeight')")
    height = stage.computed("document.getElementById('card').getBoundingClientRect().height")
    assert stage.calls("notifyIntrinsicHeight")[-1] == [-(-height // 1)]


def test_it_can_be_shown_larger(page: Page, site: str):
    stage = in_chatgpt(page, site, {"toolOutput": samples.daily(7), "displayMode": "inline"})
    before = stage.computed("document.querySelector('#strip > svg').clientHeight")
    stage.frame.click("#expand")
    stage.becomes(f"document.querySelector('#strip > svg').clientHeight > {before}")
    assert stage.calls("requestDisplayMode") == [[{"mode": "fullscreen"}]]


def test_the_safe_area_is_kept_free(page: Page, site: str):
    area = {"insets": {"top": 30, "right": 0, "bottom": 12, "left": 0}}
    stage = in_chatgpt(page, site, {"toolOutput": samples.daily(7), "safeArea": area})
    assert stage.computed("getComputedStyle(document.getElementById('card')).paddingTop") == "48px"


def test_without_any_function_it_still_draws(page: Page, site: str):
    stage = in_chatgpt(page, site, {"toolOutput": samples.daily(7)}, functions=())
    stage.reaches("ready")
    assert not stage.frame.is_visible("#switch")
    assert not stage.frame.is_visible("#expand")


def test_without_any_host_it_waits_and_does_not_fail(page: Page, site: str):
    page.goto(f"{site}/widget")
    page.wait_for_selector('#card[data-state="waiting"]')
