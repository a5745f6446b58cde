"""Plugins that people sign in to, served once for all clients."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.external.servers import HOST, WEATHER, free_port
from tests.external.sign_in.site import MIXED, PROTECTED, Site, serving


@pytest.fixture(scope="package")
def protected() -> Generator[Site]:
    """A plugin whose every operation asks for sign-in."""
    with serving(PROTECTED) as site:
        yield site


@pytest.fixture(scope="package")
def mixed() -> Generator[Site]:
    """A plugin with an open operation, which asks for sign-in at the others by HTTP."""
    with serving(MIXED) as site:
        yield site


@pytest.fixture(scope="package")
def documents_port() -> int:
    """Where a client may publish its metadata document: an origin in this machine that the weather plugin fetches."""
    return free_port()


@pytest.fixture(scope="package")
def weather_site(documents_port: int) -> Generator[Site]:
    """The weather plugin, set up for clients of today and of 2023."""
    with serving(
        WEATHER,
        fetch_allowed_origins=f"http://{HOST}:{documents_port}",
        manifest_token_content_type="application/json",  # noqa: S106 a media type
        verification_tokens="openai=verify-me",
    ) as site:
        yield site
