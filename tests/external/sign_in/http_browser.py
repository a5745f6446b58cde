"""A person at a browser without scripts: fills in the pages' forms over HTTP, and goes where they lead."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final
from urllib.parse import urljoin

import aiohttp

from tests.auth.server.flows import Browser, Form, Reply, forms_of
from tests.external.sign_in.site import PASSWORD, USERNAME

MOST_PAGES: Final = 6
LISTENING_WITHIN: Final = 10.0


class HttpPerson:
    """Signs in where asked, allows everything, and follows each redirect until it has left the plugin at ``url``."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pages: list[str] = []

    async def authorize(self, url: str) -> None:
        """Go through an authorization request to the client's redirect URI, and open that as well."""
        async with Browser(urljoin(self.url, "/").rstrip("/")) as browser:
            reply = await browser.get(url)
            for _ in range(MOST_PAGES):
                reply = await self._step(browser, reply)
                if reply.status == 303 and not self._is_own(reply.location):
                    await self._arrive(browser, reply.location)
                    return
        raise AssertionError(f"Still at the plugin after {MOST_PAGES} pages: {reply.text}")

    async def _step(self, browser: Browser, reply: Reply) -> Reply:
        if reply.status == 303:
            return await browser.get(urljoin(self.url, reply.location))
        assert reply.status == 200, reply.text
        self.pages.append(reply.text)
        if (form := form_to(reply, "/oauth/sign-in")) is not None:
            return await browser.submit(form, ("username", USERNAME), ("password", PASSWORD))
        form = form_to(reply, "/oauth/consent")
        assert form is not None, reply.text
        return await browser.submit(form, ("decision", "allow"))

    @staticmethod
    async def _arrive(browser: Browser, location: str) -> None:
        """Open the client's page; some clients begin to listen while the person is still signing in."""
        async with asyncio.timeout(LISTENING_WITHIN):
            while True:
                with contextlib.suppress(aiohttp.ClientConnectorError):
                    await browser.get(location)
                    return
                await asyncio.sleep(0.02)

    def _is_own(self, location: str) -> bool:
        return urljoin(self.url, location).startswith(f"{self.url}/")


def form_to(page: Reply, path: str) -> Form | None:
    """The form of a page that is sent to a path of the plugin, wherever that is."""
    return next((form for form in forms_of(page) if form.action.endswith(path)), None)
