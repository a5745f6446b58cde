"""One attempt at a request, over the pooled connections that one upstream has in one event loop."""

import math
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from yarl import URL

from plugwright.upstream.exchange import UpstreamReply, UpstreamRequest
from plugwright.upstream.failures import (
    BROKEN_OFF,
    MISDIRECTED,
    NO_HTTP,
    TOO_LARGE,
    TOO_SLOW,
    UNCONNECTED,
    UNRESOLVED,
    WRONG_TYPE,
    AttemptFailed,
    Kind,
    kind_of_status,
)
from plugwright.upstream.retries import read_retry_after
from plugwright.version import __version__

_SUCCESS = range(200, 300)
_WITHOUT_BODY = frozenset({204, 205})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FOLLOWING = frozenset({"GET", "HEAD"})
_MOST_REDIRECTS = 3
_IDLE_SECONDS = 15.0  # less than servers and balancers usually keep a connection


class _ConnectionLost(aiohttp.ClientError):
    """A connection broke before the reply."""


_KINDS: tuple[tuple[type[BaseException], Kind], ...] = (  # the first that fits
    (aiohttp.ClientConnectorDNSError, UNRESOLVED),
    (aiohttp.ClientConnectorError, UNCONNECTED),
    (aiohttp.ConnectionTimeoutError, UNCONNECTED),
    (TimeoutError, TOO_SLOW),
    (_ConnectionLost, BROKEN_OFF),
    (aiohttp.ClientPayloadError, BROKEN_OFF),
    (aiohttp.ClientConnectionError, BROKEN_OFF),
    (aiohttp.ClientError, NO_HTTP),
    (OSError, BROKEN_OFF),
)


@dataclass(frozen=True, slots=True)
class WireSettings:
    """How an upstream is reached."""

    base_url: str
    subject: str
    headers: Mapping[str, str]
    connections: int
    connect_seconds: float
    read_seconds: float
    max_bytes: int
    tls: ssl.SSLContext | None
    now: Callable[[], float]


class Wire:
    """The connections. `aclose` closes them.

    Neither the environment's proxies nor netrc are used, and no cookies are kept.
    """

    def __init__(self, settings: WireSettings) -> None:
        self._settings = settings
        connector = aiohttp.TCPConnector(
            limit=settings.connections,
            keepalive_timeout=_IDLE_SECONDS,
            ssl=settings.tls or True,
            timeout_ceil_threshold=math.inf,  # no rounding up to whole seconds
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": f"plugwright/{__version__}", **settings.headers},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                connect=settings.connect_seconds, sock_read=settings.read_seconds, ceil_threshold=math.inf
            ),
            trust_env=False,
            middlewares=(_send_once,),
        )

    async def exchange(self, request: UpstreamRequest) -> UpstreamReply:
        """Send a request, and again where a redirect within the same origin leads.

        Raises:
            AttemptFailed: in one of the ways of `plugwright.upstream.failures`.
        """
        url = URL(self._settings.base_url + request.target, encoded=True)
        for _ in range(_MOST_REDIRECTS + 1):
            try:
                found = await self._once(request, url)
            except tuple(error for error, _ in _KINDS) as error:
                kind = next(kind for of, kind in _KINDS if isinstance(error, of))
                raise AttemptFailed(kind) from error
            if isinstance(found, UpstreamReply):
                return found
            url = found
        raise AttemptFailed(MISDIRECTED)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def _once(self, request: UpstreamRequest, url: URL) -> UpstreamReply | URL:
        headers = {"Accept": ", ".join(request.accept) or "*/*", **request.headers}
        sending = self._session.request(request.method, url, data=request.body, headers=headers, allow_redirects=False)
        async with sending as response:
            try:
                return await self._read(request, url, response)
            except BaseException:
                response.close()  # what is left of its body is of no use
                raise

    async def _read(self, request: UpstreamRequest, url: URL, response: ClientResponse) -> UpstreamReply | URL:
        if response.status in _SUCCESS or response.status in request.statuses:
            return await self._reply(request, response)
        if response.status in _REDIRECTS and request.method in _FOLLOWING:
            return _next_url(url, response)
        raise self._refusal(response)

    async def _reply(self, request: UpstreamRequest, response: ClientResponse) -> UpstreamReply:
        has_type = response.status in _SUCCESS and response.status not in _WITHOUT_BODY
        if has_type and not _is_accepted(response.headers.get("Content-Type", ""), request.accept):
            raise AttemptFailed(WRONG_TYPE, upstream_status=response.status)
        body = b"" if request.method == "HEAD" else await self._body(response)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return UpstreamReply(response.status, headers, body, self._settings.subject)

    async def _body(self, response: ClientResponse) -> bytes:
        most = self._settings.max_bytes
        if (response.content_length or 0) <= most:
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > most:
                    break
            else:
                return bytes(body)
        raise AttemptFailed(TOO_LARGE, upstream_status=response.status)

    def _refusal(self, response: ClientResponse) -> AttemptFailed:
        wait = read_retry_after(response.headers.get("Retry-After"), self._settings.now())
        kind = kind_of_status(response.status)
        return AttemptFailed(kind, upstream_status=response.status, retry_after=wait if kind.is_transient else None)


def _next_url(url: URL, response: ClientResponse) -> URL:
    """Where a redirect leads, unless that is elsewhere."""
    try:
        target = url.join(URL(response.headers["Location"]))
        is_same = target.origin() == url.origin() and target.raw_user is None
    except (KeyError, ValueError):
        is_same, target = False, url
    if not is_same:
        raise AttemptFailed(MISDIRECTED, upstream_status=response.status)
    return target.with_fragment(None)


def _is_accepted(content_type: str, accept: tuple[str, ...]) -> bool:
    media_type = content_type.split(";", 1)[0].strip().lower()
    is_json_dialect = media_type.startswith("application/") and media_type.endswith("+json")
    return not accept or media_type in accept or (is_json_dialect and "application/json" in accept)


async def _send_once(request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
    """Keep aiohttp from repeating a request on its own: repeats have a budget."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as lost:
        raise _ConnectionLost from lost
