"""The forecasts that these tests draw are such as the plugin answers."""

from __future__ import annotations

from typing import Any

import pytest

from examples.weather.models import Forecast
from examples.weather.tests.widget import samples


@pytest.mark.parametrize("sample", [samples.daily(16), samples.hourly(72)], ids=["daily", "hourly"])
def test_samples_are_written_as_the_plugin_writes_its_answer(sample: dict[str, Any]):
    assert Forecast.model_validate(sample).model_dump(mode="json") == sample
