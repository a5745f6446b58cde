#!/usr/bin/env python3
"""Takes the pictures of the sign-in pages that the documentation shows, with the Chromium that is installed."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402 - the path comes first

from plugwright.auth.pages.models import Page, SignInProblem  # noqa: E402 - the path comes first
from plugwright.auth.pages.render import Pages  # noqa: E402 - the path comes first
from tests.auth.pages import samples  # noqa: E402 - the path comes first
from tests.auth.pages.site import serving  # noqa: E402 - the path comes first

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DESKTOP: Final = 720
PHONE: Final = 360


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: what it shows, in which language and theme, and how wide."""

    name: str
    page: Page
    language: Literal["en", "zh-CN"] = "en"
    theme: Literal["light", "dark"] = "light"
    width: int = DESKTOP


def pictures() -> Iterator[Picture]:
    """The pictures of the documentation."""
    wrong = samples.sign_in(username="mina", problem=SignInProblem.WRONG_CREDENTIALS)
    chinese = samples.consent(samples.CHINESE_READ, samples.CHINESE_WRITE)
    yield Picture("sign-in-en", samples.sign_in())
    yield Picture("sign-in-zh", samples.sign_in(), "zh-CN")
    yield Picture("sign-in-problem-en-dark", wrong, theme="dark")
    yield Picture("consent-en", samples.consent(samples.READ, samples.WRITE))
    yield Picture("consent-zh-dark", chinese, "zh-CN", "dark")
    yield Picture("consent-phone-en", samples.local_consent(samples.READ, samples.WRITE), width=PHONE)
    yield Picture("consent-phone-zh", chinese, "zh-CN", width=PHONE)
    yield Picture("error-en", samples.error())


def take(browser: Browser, address: str, picture: Picture, folder: Path) -> None:
    """Take one picture, as high as the page."""
    context = browser.new_context(
        locale=picture.language,
        color_scheme=picture.theme,
        viewport={"width": picture.width, "height": 400},
        java_script_enabled=False,
    )
    try:
        tab = context.new_page()
        tab.goto(f"{address}/{picture.name}")
        tab.screenshot(path=folder / f"{picture.name}.png", full_page=True, animations="disabled", caret="hide")
    finally:
        context.close()


def main() -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "images")
    folder: Path = parser.parse_args().folder
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        sys.stderr.write("No Chromium found; `make setup` installs it.\n")
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for picture in pictures():
            brand = samples.CHINESE_BRAND if picture.language == "zh-CN" else samples.BRAND
            with serving(Pages(brand), {picture.name: picture.page}) as site:
                take(browser, site.address, picture, folder)
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
