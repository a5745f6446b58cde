"""Reading what was scraped, with the reference parsers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import prometheus_client.openmetrics.parser as openmetrics_parser
import prometheus_client.parser as text_parser

from plugwright.testing import Client

# Their types are not all known.
_TEXT: Any = text_parser
_OPENMETRICS: Any = openmetrics_parser

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def samples(text: str) -> dict[str, float]:
    """Every sample of a page, as ``name{label="value"}``, with labels in order."""
    families = _TEXT.text_string_to_metric_families(text)
    return {_written(sample): sample.value for family in families for sample in family.samples}


def openmetrics_samples(text: str) -> dict[str, float]:
    """The same of a page in the other format, whose parser is strict."""
    families = _OPENMETRICS.text_string_to_metric_families(text)
    return {_written(sample): sample.value for family in families for sample in family.samples}


async def scraped(client: Client) -> dict[str, float]:
    """What a plugin tells now."""
    reply = await client.get("/metrics")
    assert reply.status == 200
    return samples(reply.text)


def _written(sample: Any) -> str:
    labels = cast("Mapping[str, str]", sample.labels)
    inside = ",".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
    return f"{sample.name}{{{inside}}}" if inside else str(sample.name)
