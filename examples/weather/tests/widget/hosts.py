"""Put the widget on a stage: in an MCP Apps host, or in ChatGPT."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Frame, Page

from examples.weather.tests.widget import samples

ALL_FUNCTIONS = ("callTool", "requestDisplayMode", "notifyIntrinsicHeight")
RECEIVED = "method => host.received.filter(message => message.method === method)"


@dataclass(frozen=True)
class Stage:
    """The page of a host, and the frame that the widget runs in."""

    page: Page
    frame: Frame

    def reaches(self, state: str) -> None:
        """Wait until the card is in a state."""
        self.frame.wait_for_selector(f'#card[data-state="{state}"]')

    def becomes(self, expression: str) -> None:
        """Wait until an expression is true in the frame, asked from outside: its policy forbids eval."""
        end = time.monotonic() + 10
        while not self.frame.evaluate(expression):
            assert time.monotonic() < end, f"never true: {expression}"
            self.page.wait_for_timeout(10)

    def has_columns(self, count: int) -> None:
        """Wait until so many days or hours are drawn."""
        self.becomes(f"document.querySelectorAll('#columns button').length === {count}")

    def text(self, selector: str) -> str:
        """What is written there."""
        return self.frame.inner_text(selector)

    def computed(self, expression: str) -> Any:
        """The value of an expression inside the widget's frame."""
        return self.frame.evaluate(expression)

    # An MCP Apps host only:

    def notify(self, method: str, params: Mapping[str, Any]) -> None:
        """Send a notification to the widget."""
        message = {"method": f"ui/notifications/{method}", "params": params}
        self.page.evaluate("message => host.send(message)", message)

    def show(self, forecast: Mapping[str, Any]) -> None:
        """Send a forecast as the tool's result, and wait until it is drawn."""
        self.notify("tool-result", samples.result(dict(forecast)))
        self.reaches("ready")

    def received(self, method: str) -> list[dict[str, Any]]:
        """The messages of one method that the widget has sent so far."""
        return self.page.evaluate(RECEIVED, method)

    def receives(self, method: str) -> None:
        """Wait until the widget has sent such a message."""
        self.page.wait_for_function(f"method => ({RECEIVED})(method).length > 0", arg=method)

    # ChatGPT only:

    def calls(self, name: str) -> list[list[Any]]:
        """The arguments of each call of one of ChatGPT's functions."""
        return [call[1:] for call in self.computed("window.calls") if call[0] == name]


def view_of(page: Page) -> Frame:
    """The frame of the widget, once its script has run."""
    handle = page.wait_for_selector("iframe")
    frame = handle.content_frame() if handle else None
    if frame is None:
        raise AssertionError("the host has no frame")
    frame.wait_for_selector("#message h2", state="attached")
    return frame


def in_mcp_app(
    page: Page,
    site: str,
    *,
    context: Mapping[str, Any] | None = None,
    capabilities: Mapping[str, Any] | None = None,
    answers: Mapping[str, Any] | None = None,
) -> Stage:
    """Open the widget in an MCP Apps host; `answers` holds the tool's result for each kind of steps."""
    page.goto(f"{site}/host")
    settings: dict[str, Any] = {
        "view": f"{site}/widget",
        "context": {"theme": "light", "locale": "en-GB", "displayMode": "inline"} | dict(context or {}),
        "capabilities": {"serverTools": {}} if capabilities is None else capabilities,
        "answers": answers or {},
    }
    page.evaluate("settings => host.start(settings)", settings)
    stage = Stage(page, view_of(page))
    stage.receives("ui/notifications/initialized")
    return stage


def in_chatgpt(
    page: Page,
    site: str,
    globals_: Mapping[str, Any],
    *,
    functions: tuple[str, ...] = ALL_FUNCTIONS,
    answers: Mapping[str, Any] | None = None,
) -> Stage:
    """Open the widget as ChatGPT does, with its object in the window and no MCP Apps bridge behind it."""
    given = {"globals": {"locale": "en-GB"} | dict(globals_), "functions": functions, "answers": answers or {}}
    page.goto(f"{site}/host")
    page.evaluate(
        """view => {
            const frame = Object.assign(document.createElement("iframe"), { src: view });
            frame.setAttribute("sandbox", "allow-scripts");
            frame.style.height = "600px";
            document.body.append(frame);
        }""",
        f"{site}/chatgpt#{quote(json.dumps(given))}",
    )
    return Stage(page, view_of(page))
