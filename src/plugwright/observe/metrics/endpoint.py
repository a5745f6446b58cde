"""``/metrics`` over ASGI, on the plugin's own port."""

from collections.abc import Callable

from plugwright.errors import HostRefused, MethodNotAllowed, Unavailable
from plugwright.observe.metrics.scrapes import Scrapes
from plugwright.web.asgi import Receive, Scope, Send
from plugwright.web.callers import Callers
from plugwright.web.headers import header_map
from plugwright.web.replies import send_error, send_reply

_METHODS = "GET, HEAD"


class MetricsEndpoint:
    """Answers scrapes under the plugin's own Host, never to pages of other origins."""

    def __init__(self, scrapes: Scrapes, *, callers: Callers, next_request_id: Callable[[], str]) -> None:
        self._scrapes = scrapes
        self._callers = callers
        self._next_request_id = next_request_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 the signature of ASGI
        """Answer GET and HEAD."""
        headers = header_map(scope["headers"])
        try:
            self._callers.check_host(headers.get(b"host"))
            _check_method(scope["method"])
            body, media_type = await self._scrapes.page(headers.get(b"accept", b"").decode("latin-1"))
        except (HostRefused, MethodNotAllowed) as error:
            await send_error(send, error, self._next_request_id())
        except OSError:
            refusal = Unavailable("The figures of the other processes cannot be read now", retry_after=1)
            await send_error(send, refusal, self._next_request_id())
        else:
            reply = [(b"content-type", media_type.encode()), (b"cache-control", b"no-store")]
            await send_reply(send, 200, reply, body)


def _check_method(method: str) -> None:
    if method not in {"GET", "HEAD"}:
        raise MethodNotAllowed(f"{method} is not served at this path; it takes {_METHODS}", allow=_METHODS)
