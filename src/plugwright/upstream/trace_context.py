"""The headers by which an upstream's log can be matched with ours: request id and W3C Trace Context."""

import re
from collections.abc import Mapping

# W3C Trace Context §3.2.2: version, trace id, parent id, flags; the ids are not all zeros
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def tracing_headers(request_id: str, traceparent: str | None) -> Mapping[str, str]:
    """What a request tells of its call. A trace that came with the call is handed on as it is, if it is well-formed."""
    headers = {"X-Request-Id": request_id}
    if traceparent is not None and _TRACEPARENT.fullmatch(traceparent):
        headers["traceparent"] = traceparent
    return headers
