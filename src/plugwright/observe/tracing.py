"""Spans of calls and of requests to upstreams, by OpenTelemetry. Loaded only where an operator wants them.

A span says which operation ran, over which protocol, how it ended and what it waited for. It never says who called,
with what, or which URL was asked: a collector is another place, with other readers.
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from opentelemetry import context as contexts
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from plugwright.errors import PlugwrightError
from plugwright.observe.events import NOT_CACHED, Arrival, Observe
from plugwright.observe.trace_context import TraceContext

_BROKEN = 500
_WIRE = TraceContextTextMapPropagator()


@dataclass(slots=True)
class _Running:
    """A call with its span, what it is part of, and what was current around it."""

    arrival: Arrival
    span: Span
    outer: "_Running | None"
    around: Context
    has_ended: bool = False


class SentRequest:
    """A request that is on its way to an upstream: ``headers`` tell that which span it belongs to."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self.headers: dict[str, str] = {}
        _WIRE.inject(self.headers, set_span_in_context(span))

    def answered(self, status: int) -> None:
        """Note the status of its answer."""
        self._span.set_attribute("http.response.status_code", status)


class Tracing:
    """Makes spans: an observer of calls, which also has to be told when they begin."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._running: ContextVar[_Running | None] = ContextVar("plugwright_span", default=None)

    def __call__(self, operation: str) -> Observe:
        """End the spans of one operation's calls."""

        def observe(arrival: Arrival, outcome: str, seconds: float) -> None:
            running = self._running.get()
            if running is None or running.arrival is not arrival:
                # It was refused before it began.
                running = self._start(operation, arrival, time.time_ns() - int(seconds * 1e9))
            span = running.span
            span.set_attribute("plugwright.outcome", outcome)
            if arrival.cache != NOT_CACHED:
                span.set_attribute("plugwright.cache", arrival.cache)
            if outcome not in {"ok", "input_required", "cancelled"}:
                span.set_attribute("error.type", outcome)
            if outcome in _FAILURES:
                span.set_status(Status(StatusCode.ERROR))
            span.end()
            running.has_ended = True
            # What the same task does next is no part of it.
            self._running.set(running.outer)
            contexts.attach(running.around)

        return observe

    def begin(self, operation: str, arrival: Arrival) -> None:
        """Start the span of a call, which is current in the task from now on."""
        running = self._start(operation, arrival, time.time_ns())
        self._running.set(running)
        contexts.attach(set_span_in_context(running.span))

    @contextmanager
    def request(self, upstream: str, method: str, host: str | None, port: int | None) -> Generator[SentRequest]:
        """A span around a request to an upstream, repeats included."""
        known = {"http.request.method": method, "peer.service": upstream, "server.address": host, "server.port": port}
        attributes = {name: value for name, value in known.items() if value is not None}
        with self._tracer.start_as_current_span(
            f"{method} {upstream}",
            kind=SpanKind.CLIENT,
            attributes=attributes,
            # Messages of exceptions may hold anything.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield SentRequest(span)
            except BaseException as error:
                _fail(span, error)
                raise

    def _start(self, operation: str, arrival: Arrival, began: int) -> _Running:
        outer = self._running.get()
        if outer is not None and outer.has_ended:
            outer = None  # it ended in another task, which this one did not see
        attributes: dict[str, str] = {
            "plugwright.operation": operation,
            "plugwright.protocol": arrival.protocol,
            "plugwright.request_id": arrival.request_id,
        }
        span = self._tracer.start_span(
            operation,
            # An item of a batch belongs to its batch.
            _remote(arrival.trace) if outer is None else set_span_in_context(outer.span),
            kind=SpanKind.SERVER if outer is None else SpanKind.INTERNAL,
            attributes=attributes,
            start_time=began,
        )
        return _Running(arrival, span, outer, contexts.get_current())


def traced(operation: str, tracing: Tracing, begin: Callable[..., Any]) -> Callable[..., Any]:
    """How calls begin that have spans, from how they begin without."""

    def begin_traced(raw: bytes | str, exchange: Arrival, *more: Any) -> Any:
        tracing.begin(operation, exchange)
        return begin(raw, exchange, *more)

    return begin_traced


def _remote(trace: TraceContext | None) -> Context:
    """The trace that a caller says a call belongs to, and nothing of this process's own."""
    carrier = {} if trace is None else {"traceparent": trace.traceparent, "tracestate": trace.tracestate or ""}
    return _WIRE.extract(carrier, Context())


def _fail(span: Span, error: BaseException) -> None:
    code = error.code if isinstance(error, PlugwrightError) else type(error).__name__
    span.set_attribute("error.type", code)
    status = getattr(error, "upstream_status", None)
    if isinstance(status, int):
        span.set_attribute("http.response.status_code", status)
    span.set_status(Status(StatusCode.ERROR))


def _codes(kind: type[PlugwrightError]) -> Generator[str]:
    if kind.status >= _BROKEN:
        yield kind.code
    for below in kind.__subclasses__():
        yield from _codes(below)


_FAILURES = frozenset(_codes(PlugwrightError))
"""What is not the caller's fault (the semantic conventions of HTTP: a server's 4xx is no error of its span)."""
