"""A person at Chromium, who signs in and decides; pictures of the pages are kept when the run is asked for them."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from playwright.async_api import ConsoleMessage, Page, async_playwright

from tests.external.sign_in.site import PASSWORD, USERNAME

PICTURES: Final = "SIGN_IN_PICTURES"
"""The environment variable that names the folder for pictures, such as docs/images."""
ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
PATIENCE: Final = 30_000.0  # milliseconds for a page


@dataclass
class Person:
    """Somebody with one tab. ``problems`` is what the browser complained of."""

    tab: Page
    problems: list[str] = field(default_factory=list[str])

    async def open(self, url: str) -> None:
        """Go to a page."""
        await self.tab.goto(url)

    async def sign_in(self, username: str = USERNAME, password: str = PASSWORD) -> None:
        """Fill in the sign-in form."""
        await self.tab.locator("#username").fill(username)
        await self.tab.locator("#password").fill(password)
        await self.tab.locator("button.main").click()

    async def press(self, link: str) -> None:
        """Follow a link."""
        await self.tab.get_by_role("link", name=link, exact=True).click()

    async def allow(self, *, without: tuple[str, ...] = ()) -> None:
        """Allow what is asked, without some scopes."""
        for scope in without:
            await self.tab.locator(f"input[name=scope][value='{scope}']").uncheck()
        await self.tab.locator("button[value=allow]").click()

    async def reads(self) -> str:
        """The text of the page."""
        return await self.tab.locator("body").inner_text()

    async def language(self) -> str | None:
        """The language of the page."""
        return await self.tab.locator("html").get_attribute("lang")

    async def take_picture(self, name: str) -> None:
        """Keep a picture of the page, if the run is asked for pictures."""
        if (folder := os.environ.get(PICTURES)) is not None:
            path = Path(folder) / f"{name}.png"
            await self.tab.screenshot(path=path, full_page=True, animations="disabled", caret="hide")


@asynccontextmanager
async def person(
    chromium: str, ports: Mapping[str, int] | None = None, *, locale: str = "en-US", scripts: bool = False
) -> AsyncGenerator[Person]:
    """Somebody at a new browser, usually without scripts, for which some hosts are ports of this machine."""
    rules = ",".join(f"MAP {host}:443 127.0.0.1:{port}" for host, port in (ports or {}).items())
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=[*ARGUMENTS, f"--host-resolver-rules={rules}"]
        )
        context = await browser.new_context(
            locale=locale,
            ignore_https_errors=True,
            java_script_enabled=scripts,
            viewport={"width": 720, "height": 400},
        )
        context.set_default_timeout(PATIENCE)
        somebody = Person(await context.new_page())

        def on_console(message: ConsoleMessage) -> None:
            somebody.problems.append(f"{message.type}: {message.text}")

        somebody.tab.on("console", on_console)
        try:
            yield somebody
        finally:
            await context.close()
            await browser.close()
