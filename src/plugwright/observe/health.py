"""The health of a process over HTTP: ``/readyz`` for what sends requests here, ``/healthz`` for people."""

import json
import time
from collections.abc import Awaitable, Callable, Mapping

from plugwright.errors import MethodNotAllowed
from plugwright.observe.readiness import Readiness, Report
from plugwright.web.asgi import ASGIApp, Headers, Receive, Scope, Send
from plugwright.web.replies import JSON, send_error, send_reply

_METHODS = "GET, HEAD"
_NO_STORE = (b"cache-control", b"no-store")
_AGAIN = (b"retry-after", b"1")


def health_endpoints(
    readiness: Readiness,
    *,
    name: str,
    version: str,
    next_request_id: Callable[[], str],
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, ASGIApp]:
    """Both endpoints, by path. They answer to any Host, take no place among the calls, and tell no secrets."""
    since = clock()

    def for_machines(report: Report) -> Mapping[str, object]:
        failing = {"failing": report.failing} if report.failing else {}
        return {"status": report.status, **failing, "parts": report.parts}

    def for_people(report: Report) -> Mapping[str, object]:
        about = {"name": name, "version": version, "uptime_seconds": round(clock() - since)}
        return {**about, **for_machines(report)}

    return {
        "/readyz": _endpoint(readiness.report, for_machines, next_request_id, indent=None),
        "/healthz": _endpoint(readiness.report, for_people, next_request_id, indent=2),
    }


def _endpoint(
    report: Callable[[], Awaitable[Report]],
    told: Callable[[Report], Mapping[str, object]],
    next_request_id: Callable[[], str],
    *,
    indent: int | None,
) -> ASGIApp:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 the signature of ASGI
        method = scope["method"]
        if method not in {"GET", "HEAD"}:
            error = MethodNotAllowed(f"{method} is not served at this path; it takes {_METHODS}", allow=_METHODS)
            await send_error(send, error, next_request_id())
            return
        found = await report()
        headers: Headers = [JSON, _NO_STORE] if found.is_ready else [JSON, _NO_STORE, _AGAIN]
        body = json.dumps(told(found), indent=indent).encode() + b"\n"
        await send_reply(send, 200 if found.is_ready else 503, headers, body)

    return serve
