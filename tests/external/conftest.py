"""The weather plugin, served once for all clients."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.external.servers import WEATHER, Server, serving


@pytest.fixture(scope="package")
def weather() -> Generator[Server]:
    """The weather plugin on a free port."""
    with serving(WEATHER) as server:
        yield server
