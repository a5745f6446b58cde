"""The widget in an MCP Apps host: JSON-RPC over postMessage."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from examples.weather.tests.widget import samples
from examples.weather.tests.widget.hosts import in_mcp_app

# A message as it would come, but delivered at once, so that nothing has to be waited for.
DELIVER = """([data, isFromParent]) => window.dispatchEvent(
    new MessageEvent("message", { data, source: isFromParent ? window.parent : window }))"""
BOTH_STEPS = {"daily": samples.result(samples.daily(7)), "hourly": samples.result(samples.hourly(24))}
RESULT = {"jsonrpc": "2.0", "method": "ui/notifications/tool-result"}


def test_it_introduces_itself_once_and_waits_for_approval(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.reaches("waiting")
    (hello,) = stage.received("ui/initialize")
    assert hello["jsonrpc"] == "2.0"
    assert hello["params"]["protocolVersion"] == "2026-01-26"
    assert hello["params"]["appInfo"] == {"name": "forecast", "title": "Forecast", "version": "1.0.0"}
    assert hello["params"]["appCapabilities"] == {"availableDisplayModes": ["inline", "fullscreen"]}
    assert len(stage.received("ui/notifications/initialized")) == 1
    assert "approval" in stage.text("#message")


def test_it_goes_from_partial_input_to_input_to_the_forecast(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.notify("tool-input-partial", {"arguments": {"city": "Tok"}})
    stage.reaches("loading")
    stage.notify("tool-input", {"arguments": {"city": "Tokyo", "days": 7}})
    stage.frame.wait_for_selector("#message >> text=Tokyo")
    assert stage.frame.get_attribute("#message", "aria-busy") == "true"
    stage.show(samples.daily(7))
    assert stage.text("#city") == "Tokyo"
    assert not stage.frame.is_visible("#message")


def test_a_cancelled_call_says_so_with_the_reason(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.notify("tool-input", {"arguments": {"city": "Tokyo"}})
    stage.notify("tool-cancelled", {"reason": "stopped by the person"})
    stage.reaches("cancelled")
    assert "stopped by the person" in stage.text("#message")


def test_a_failed_call_shows_its_message_and_can_be_tried_again(page: Page, site: str):
    stage = in_mcp_app(page, site, answers=BOTH_STEPS)
    stage.notify("tool-input", {"arguments": {"city": "Tokyo", "steps": "daily"}})
    failed = {"isError": True, "content": [{"type": "text", "text": "The upstream did not answer."}]}
    stage.notify("tool-result", failed)
    stage.reaches("error")
    assert "The upstream did not answer." in stage.text("#message")
    stage.frame.click("#message button")
    stage.reaches("ready")
    assert stage.received("tools/call")[0]["params"]["arguments"] == {"city": "Tokyo", "steps": "daily"}


def test_the_theme_follows_the_host(page: Page, site: str):
    stage = in_mcp_app(page, site, context={"theme": "light"})
    stage.show(samples.daily(7))
    background = "getComputedStyle(document.documentElement).backgroundColor"
    assert stage.computed(background) == "rgb(255, 255, 255)"
    stage.notify("host-context-changed", {"theme": "dark"})
    stage.becomes(f"{background} === 'rgb(17, 25, 35)'")
    stage.notify("host-context-changed", {"theme": "light"})
    stage.becomes(f"{background} === 'rgb(255, 255, 255)'")


def test_without_a_theme_from_the_host_the_systems_is_used(page: Page, site: str):
    page.emulate_media(color_scheme="dark")
    stage = in_mcp_app(page, site, context={"theme": None})
    assert stage.computed("getComputedStyle(document.documentElement).backgroundColor") == "rgb(17, 25, 35)"


def test_a_new_language_redraws_the_forecast(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(7))
    stage.notify("host-context-changed", {"locale": "fr-FR"})
    stage.frame.wait_for_selector("#reading >> text=dimanche 22 novembre")


def test_the_host_learns_the_height_of_what_is_drawn(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(7))
    page.wait_for_function("host.received.some(message => message.params?.height > 400)")
    last = stage.received("ui/notifications/size-changed")[-1]["params"]
    height = stage.computed("document.getElementById('card').getBoundingClientRect().height")
    assert last == {"width": 720, "height": -(-height // 1)}
    stage.becomes("document.documentElement.scrollHeight <= window.innerHeight")
    stage.frame.click("#reveal")
    page.wait_for_function("height => host.received.some(message => message.params?.height > height)", arg=height)


def test_the_height_stays_within_what_the_host_allows(page: Page, site: str):
    stage = in_mcp_app(page, site, context={"containerDimensions": {"maxHeight": 300, "maxWidth": 720}})
    stage.show(samples.daily(7))
    page.wait_for_function("host.received.some(message => message.params?.height === 300)")
    assert max(sent["params"]["height"] for sent in stage.received("ui/notifications/size-changed")) == 300


def test_the_switch_asks_the_server_once_and_then_remembers(page: Page, site: str):
    stage = in_mcp_app(page, site, answers=BOTH_STEPS)
    stage.notify("tool-input", {"arguments": {"city": "Tokyo"}})
    stage.show(samples.daily(7))
    stage.frame.click("#switch >> text=Hourly")
    stage.has_columns(24)
    (call,) = stage.received("tools/call")
    wanted = {"city": "Tokyo", "country": "JP", "days": 3, "steps": "hourly"}
    assert call["params"] == {"name": "get_forecast", "arguments": wanted}
    stage.frame.click("#switch >> text=Daily")
    stage.has_columns(7)
    stage.frame.click("#switch >> text=Hourly")
    stage.has_columns(24)
    assert len(stage.received("tools/call")) == 1


def test_a_failed_switch_keeps_the_chart_and_says_so(page: Page, site: str):
    stage = in_mcp_app(page, site, answers={})
    stage.show(samples.daily(7))
    stage.frame.click("#switch >> text=Hourly")
    stage.frame.wait_for_selector("#notice:not(:empty)")
    assert stage.frame.locator("#columns button").count() == 7
    assert stage.frame.get_attribute("#scroller", "aria-busy") == "false"


def test_a_result_that_comes_during_a_switch_wins(page: Page, site: str):
    stage = in_mcp_app(page, site, answers={"hourly": "never"})
    stage.show(samples.daily(7))
    stage.frame.click("#switch >> text=Hourly")
    stage.receives("tools/call")
    stage.show(samples.daily(5, city="Osaka"))
    stage.frame.wait_for_selector("#city >> text=Osaka")
    late = {"jsonrpc": "2.0", "id": stage.received("tools/call")[0]["id"], "result": samples.result(samples.hourly())}
    stage.frame.evaluate(DELIVER, [late, True])
    stage.frame.wait_for_selector('#scroller[aria-busy="false"]')
    assert stage.frame.locator("#columns button").count() == 5


def test_without_server_tools_there_is_no_switch(page: Page, site: str):
    stage = in_mcp_app(page, site, capabilities={})
    stage.show(samples.daily(7))
    assert not stage.frame.is_visible("#switch")


def test_it_can_be_shown_larger_where_the_host_can(page: Page, site: str):
    stage = in_mcp_app(page, site, context={"availableDisplayModes": ["inline", "fullscreen"]})
    stage.show(samples.daily(7))
    before = stage.computed("document.querySelector('#strip > svg').clientHeight")
    stage.frame.click("#expand")
    stage.becomes(f"document.querySelector('#strip > svg').clientHeight > {before}")
    assert stage.received("ui/request-display-mode")[0]["params"] == {"mode": "fullscreen"}
    assert stage.frame.get_attribute("#expand", "aria-label") == "Show smaller"


def test_where_the_host_cannot_there_is_no_button_for_it(page: Page, site: str):
    stage = in_mcp_app(page, site, context={"availableDisplayModes": ["inline"]})
    stage.show(samples.daily(7))
    assert not stage.frame.is_visible("#expand")


def test_messages_from_other_windows_are_ignored(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(7))
    forged = RESULT | {"params": samples.result(samples.daily(2, city="Elsewhere"))}
    stage.frame.evaluate(DELIVER, [forged, False])
    assert stage.text("#city") == "Tokyo"
    stage.frame.evaluate(DELIVER, [forged, True])
    assert stage.text("#city") == "Elsewhere"


def test_messages_that_make_no_sense_are_ignored(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(7))
    nonsense: list[Any] = [
        None,
        "text",
        7,
        [],
        {"method": "ui/notifications/tool-result"},
        {"jsonrpc": "2.0", "method": 7},
        {"jsonrpc": "2.0", "method": "ui/notifications/unheard-of", "params": []},
        {"jsonrpc": "2.0", "method": "constructor"},
        {"jsonrpc": "2.0", "id": 99, "result": {}},
        {"jsonrpc": "2.0", "method": "ui/notifications/host-context-changed", "params": {"theme": 3, "locale": {}}},
        {"jsonrpc": "2.0", "method": "ui/notifications/host-context-changed", "params": {"locale": "not a locale"}},
        {"jsonrpc": "2.0", "method": "ui/notifications/host-context-changed", "params": {"safeAreaInsets": "wide"}},
    ]
    for message in nonsense:
        stage.frame.evaluate(DELIVER, [message, True])
    assert stage.text("#city") == "Tokyo"


def test_a_ping_is_answered_and_an_unknown_request_refused(page: Page, site: str):
    stage = in_mcp_app(page, site)
    for number, method in ((71, "ping"), (72, "ui/unheard-of")):
        page.evaluate("message => host.send(message)", {"id": number, "method": method, "params": {}})
    page.wait_for_function("host.received.some(message => message.id === 72 && message.error)")
    answers = {message["id"]: message for message in page.evaluate("host.received") if message.get("id", 0) > 70}
    assert answers[71]["result"] == {}
    assert answers[72]["error"]["code"] == -32601
    assert stage.text("#message")


def test_after_teardown_it_answers_and_falls_silent(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(7))
    page.evaluate("host.send({ id: 71, method: 'ui/resource-teardown', params: {} })")
    page.wait_for_function("host.received.some(message => message.id === 71 && message.result)")
    sent = page.evaluate("host.received.length")
    forecast = RESULT | {"params": samples.result(samples.daily(2, city="Too late"))}
    stage.frame.evaluate(DELIVER, [forecast, True])
    stage.frame.click("#reveal")  # makes the card taller
    stage.frame.click("#switch >> text=Hourly")
    stage.frame.wait_for_selector("#notice:not(:empty)")
    assert stage.text("#city") == "Tokyo"
    assert page.evaluate("host.received.length") == sent
