"""The headers by which an upstream's log can be matched with ours: request id and W3C Trace Context."""

from collections.abc import Mapping

from plugwright.observe.trace_context import TraceContext


def tracing_headers(request_id: str, trace: TraceContext | None) -> Mapping[str, str]:
    """What a request tells of its call."""
    headers = {"X-Request-Id": request_id}
    if trace is not None:
        headers["traceparent"] = trace.traceparent
        if trace.tracestate is not None:
            headers["tracestate"] = trace.tracestate
    return headers
