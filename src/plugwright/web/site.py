"""Whatever is no call: documents, health, sign-in, and the paths where nothing is; by path, for known hosts only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from plugwright.errors import CallError, NotFound
from plugwright.web.asgi import ASGIApp, Headers, Receive, Scope, Send
from plugwright.web.callers import Callers
from plugwright.web.headers import header_map
from plugwright.web.page_headers import telling
from plugwright.web.replies import send_error

_SIGN_IN = "/oauth/"
# Who watches a process comes by its address, and learns nothing that is not for everybody.
_ANY_HOST = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})


@dataclass(frozen=True, slots=True)
class Site:
    """Endpoints by path, and the application behind every path of sign-in. ``headers`` go with every reply."""

    endpoints: Mapping[str, ASGIApp]
    sign_in: ASGIApp | None
    callers: Callers
    headers: Headers
    next_request_id: Callable[[], str]

    async def serve(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        send = telling(send, self.headers)
        asked = header_map(scope["headers"])
        try:
            if path not in _ANY_HOST:
                self.callers.check_host(asked.get(b"host"))
            endpoint = self._find(path)
        except CallError as error:
            await send_error(send, error, self.next_request_id())
        else:
            await endpoint(self.callers.addresses.resolved(scope, asked), receive, send)

    def _find(self, path: str) -> ASGIApp:
        endpoint = self.endpoints.get(path)
        if endpoint is None and path.startswith(_SIGN_IN):
            endpoint = self.sign_in
        if endpoint is None:
            raise NotFound("Nothing is served at this path; / describes what this plugin offers")
        return endpoint
