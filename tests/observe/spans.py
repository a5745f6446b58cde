"""A provider of spans for one test process, as a host that has set up OpenTelemetry itself gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


@lru_cache(maxsize=1)
def _exporter() -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)  # which OpenTelemetry takes once in a process
    return exporter


def begin_collecting() -> None:
    """Forget the spans there are."""
    _exporter().clear()


def collected() -> Sequence[ReadableSpan]:
    """The spans that ended since then, in the order in which they did."""
    return _exporter().get_finished_spans()


def by_name() -> Mapping[str, ReadableSpan]:
    """The same by name, of which none may be there twice."""
    found = {span.name: span for span in collected()}
    assert len(found) == len(collected())
    return found


def attributes(span: ReadableSpan) -> dict[str, Any]:
    """What a span says, but for what is different each time."""
    return {name: value for name, value in (span.attributes or {}).items() if name != "plugwright.request_id"}


def parent_of(span: ReadableSpan) -> int | None:
    """The id of the span above."""
    return None if span.parent is None else span.parent.span_id


def ids(span: ReadableSpan) -> tuple[int, int]:
    """Trace and span."""
    context = span.get_span_context()
    assert context is not None
    return context.trace_id, context.span_id
