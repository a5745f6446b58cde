"""Every page of the served weather plugin, as a person meets them: nothing wrong, nothing blocked."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import ViewportSize

from tests.axe import faults_seen
from tests.external.sign_in import chatgpt
from tests.external.sign_in.person import Person
from tests.external.sign_in.site import Site
from tests.external.sign_in.walk import walking

PHONE: ViewportSize = {"width": 360, "height": 700}


async def look(somebody: Person, seen: dict[str, list[str]], name: str) -> None:
    """Look at the page that is open, in light and in dark."""
    for theme in ("light", "dark"):
        await somebody.tab.emulate_media(color_scheme=theme)
        seen[f"{name}, {theme}"] = await faults_seen(somebody.tab)


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_no_page_that_a_person_meets_has_a_fault(
    weather_site: Site, documents_port: int, chromium: str, tmp_path: Path, locale: str
):
    seen: dict[str, list[str]] = {}
    async with walking(weather_site, documents_port, chromium, tmp_path, locale=locale, scripts=True) as walk:
        somebody = walk.person
        await somebody.tab.set_viewport_size(PHONE)
        for name, path in (
            ("landing", "/"),
            ("an error", "/oauth/authorize?client_id=nobody"),
            ("no page", "/oauth/nothing"),
        ):
            somebody.problems.clear()
            await somebody.open(weather_site.url + path)
            # The browser names the status of the page itself; anything else would be a fault.
            assert [problem for problem in somebody.problems if "status of 4" not in problem] == []
            await look(somebody, seen, name)
        somebody.problems.clear()
        await somebody.open(f"{weather_site.url}/healthz")
        found = await walk.discover()
        asked = chatgpt.ask(found, await chatgpt.register(walk.http, found))
        await somebody.open(asked.url)
        await look(somebody, seen, "sign-in")
        await somebody.sign_in()
        await look(somebody, seen, "consent")
        await somebody.tab.locator("form.account button").click()
        await look(somebody, seen, "signed out")

    assert len(seen) == 12
    assert {name: faults for name, faults in seen.items() if faults} == {}
