"""The pages of sign-in, every variant of them, before axe-core: in both languages, light and dark, on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, ViewportSize

from tests.auth.pages import samples
from tests.auth.pages.site import serving
from tests.auth.pages.test_browser import opened
from tests.axe import faults_in

PHONE: ViewportSize = {"width": 320, "height": 700}


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_axe_finds_nothing_wrong_with_any_page(browser: Browser, locale: str):
    pages = samples.every_page()
    with serving(samples.pages(), pages) as site, opened(browser, site, locale=locale, scripts=True) as watched:
        watched.tab.set_viewport_size(PHONE)
        for path in pages:
            watched.tab.goto(f"{site.address}/{path}")
            for theme in ("light", "dark"):
                watched.tab.emulate_media(color_scheme=theme)
                assert faults_in(watched.tab) == [], (path, theme)
        assert watched.problems == []
