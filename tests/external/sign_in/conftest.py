"""Plugins that people sign in to, served once for all clients."""

from __future__ import annotations

from collections.abc import Generator

import pytest

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
