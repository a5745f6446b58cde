"""A real Chromium, one for each module, and a page that fails the test on any error or outside request."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from examples.weather.tests.widget.site import PAGES, serving

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # One process for host and widget: starting one for every sandboxed frame would double the run time.
    "--disable-features=IsolateSandboxedIframes",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; without one the tests are skipped, but not where everything has to run."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("chromium is not installed")
    return path


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for a module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of the local site."""
    with serving() as address:
        yield address


@dataclass(frozen=True)
class Tab:
    """A tab, and what went wrong in it since it was last emptied."""

    page: Page
    problems: list[str]


@pytest.fixture(scope="module")
def tab(browser: Browser, site: str) -> Iterator[Tab]:
    """One tab for a module: the pages in it keep nothing, and a new tab costs more than a test."""
    context = browser.new_context()
    context.set_default_timeout(10_000)
    page = context.new_page()
    problems: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            problems.append(f"console: {message.text}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: problems.append(f"exception: {error}"))
    # Asked for is enough: a request that the policy then blocks must not be made either.
    page.on("request", lambda request: problems.append(request.url) if not is_own(request.url, site) else None)
    yield Tab(page, problems)
    context.close()


@pytest.fixture
def page(tab: Tab) -> Iterator[Page]:
    """An empty page. Console errors, exceptions, blocked content and outside requests all fail the test."""
    tab.page.goto("about:blank")
    tab.page.set_viewport_size({"width": 720, "height": 900})
    tab.page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    tab.problems.clear()
    yield tab.page
    assert tab.problems == []


def is_own(url: str, site: str) -> bool:
    """Whether a request was for one of the pages that the test itself opens."""
    return url.split("#", maxsplit=1)[0] in {"about:blank", *(f"{site}{path}" for path in PAGES)}
