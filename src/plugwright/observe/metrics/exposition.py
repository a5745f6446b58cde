"""The exposition formats of Prometheus: text, and OpenMetrics for who asks for it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from plugwright.observe.metrics.families import Family, Labels, Value

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric as Exposed


class _Collected:
    """What the client library's encoders take: something that gives families."""

    def __init__(self, families: Iterable[Family], values: Mapping[str, Mapping[Labels, Value]]) -> None:
        self._families = families
        self._values = values

    def collect(self) -> "Iterable[Exposed]":
        """Every family; one that has no value yet can be found all the same."""
        for family in self._families:
            yield _exposed(family, self._values.get(family.name, {}))


class _Adds(Protocol):
    def __call__(self, name: str, labels: dict[str, str], value: float, /) -> None: ...


def expose(families: Iterable[Family], values: Mapping[str, Mapping[Labels, Value]], accept: str) -> tuple[bytes, str]:
    """The values in the format that fits an Accept header, and its media type."""
    # Only what is scraped loads it: 0.1 s, most of it a web server that nobody uses here.
    from prometheus_client.exposition import choose_encoder  # noqa: PLC0415

    encode, media_type = choose_encoder(accept)
    collected: Any = _Collected(families, values)
    return encode(collected), media_type


def _exposed(family: Family, values: Mapping[Labels, Value]) -> "Exposed":
    from prometheus_client.metrics_core import Metric as Exposed  # noqa: PLC0415 as above

    exposed = Exposed(family.name, family.help, family.kind)
    for labels, value in sorted(values.items()):
        named = dict(zip(family.labels, labels, strict=True))
        if isinstance(value, list):
            _add_histogram(exposed.add_sample, family, named, value)
        else:
            suffix = {"counter": "_total", "info": "_info"}.get(family.kind, "")
            exposed.add_sample(family.name + suffix, named, value)
    return exposed


def _add_histogram(add: _Adds, family: Family, labels: dict[str, str], value: list[float]) -> None:
    seconds, *counts = value
    total = 0.0
    for bound, count in zip((*map(str, family.bounds), "+Inf"), counts, strict=True):
        total += count
        add(f"{family.name}_bucket", {**labels, "le": bound}, total)
    add(f"{family.name}_count", labels, total)
    add(f"{family.name}_sum", labels, seconds)
