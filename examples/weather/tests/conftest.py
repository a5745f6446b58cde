"""What the tests of the weather plugin share."""

import pytest

from examples.weather.cities import CityIndex, load_cities


@pytest.fixture(scope="session")
def cities() -> CityIndex:
    """All cities; they never change, so one index serves every test."""
    return load_cities()
