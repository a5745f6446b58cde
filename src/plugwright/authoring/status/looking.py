"""Asking a running plugin, all at once: probes, documents, metrics. What it says is somebody else's text."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Self
from urllib.parse import urlsplit

import aiohttp

from plugwright.errors import SetupError
from plugwright.json_types import is_object

_MOST_BYTES: Final = 8 * 1024 * 1024
_MCP_VERSION: Final = "2026-07-28"
_MCP_HEADERS: Final = {
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": _MCP_VERSION,
    "Mcp-Method": "server/discover",
}
_MCP_REQUEST: Final[Mapping[str, Any]] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "server/discover",
    "params": {
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": _MCP_VERSION,
            "io.modelcontextprotocol/clientCapabilities": {},
        }
    },
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request came to: a reply, or why there was none."""

    status: int = 0
    text: str = ""
    seconds: float = 0.0
    problem: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether the reply was a success."""
        return self.status == HTTPStatus.OK

    def members(self) -> dict[str, Any]:
        """The object in the body; empty where there is none."""
        try:
            return members(json.loads(self.text))
        except ValueError:
            return {}


_NONE: Final = Answer()


def members(value: object) -> dict[str, Any]:
    """Decoded JSON as an object; empty where it is none."""
    return value if is_object(value) else {}


@dataclass(frozen=True, slots=True)
class Look:
    """All answers of one look, and when it was."""

    at: float
    live: Answer
    ready: Answer = _NONE
    health: Answer = _NONE
    openapi: Answer = _NONE
    manifest: Answer = _NONE
    mcp: Answer = _NONE
    metrics: Sequence[Answer] = ()


class Looker:
    """Looks at the plugin at a URL. An async context manager.

    Args:
        url: where the plugin is.
        metrics_urls: where its figures are, if not at the plugin's own ``/metrics``; those of several replicas add up.
        timeout: seconds that each request may take.
    """

    def __init__(self, url: str, metrics_urls: Sequence[str] = (), *, timeout: float = 5.0) -> None:
        self.url = _usable(url).rstrip("/")
        self._metrics = [_usable(each) for each in metrics_urls] or [f"{self.url}/metrics"]
        self._seconds = timeout

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._seconds))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def look(self) -> Look:
        """One look."""
        at = time.time()
        live = await self._get("/livez")  # alone, so that its time is that of the way there
        if live.problem:
            return Look(at, live)
        ready, health, openapi, manifest, mcp, metrics = await asyncio.gather(
            self._get("/readyz"),
            self._get("/healthz"),
            self._get("/openapi.json"),
            self._get("/.well-known/ai-plugin.json"),
            self._discover(),
            asyncio.gather(*(self._ask("GET", url) for url in self._metrics)),
        )
        return Look(at, live, ready, health, openapi, manifest, mcp, metrics)

    async def _get(self, path: str) -> Answer:
        return await self._ask("GET", self.url + path)

    async def _discover(self) -> Answer:
        return await self._ask("POST", f"{self.url}/mcp", json=_MCP_REQUEST, headers=_MCP_HEADERS)

    async def _ask(self, method: str, url: str, **options: Any) -> Answer:
        started = time.perf_counter()
        try:
            async with self._session.request(method, url, **options) as reply:
                body = await _bounded(reply)
                return Answer(reply.status, body.decode(errors="replace"), time.perf_counter() - started)
        except TimeoutError:
            return Answer(problem=f"did not answer within {self._seconds:g} s")
        except aiohttp.ClientError as error:
            return Answer(problem=_reason(error))


async def _bounded(reply: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in reply.content.iter_any():
        body += piece
        if len(body) > _MOST_BYTES:
            break
    return bytes(body[:_MOST_BYTES])


def _usable(url: str) -> str:
    try:
        found = urlsplit(url)
        is_usable = found.scheme in {"http", "https"} and bool(found.hostname) and found.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise SetupError(f"{url!r} is not a URL such as https://weather.example.com")
    return url


def _reason(error: aiohttp.ClientError) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return f"has no certificate that is trusted here: {error}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "has a name that cannot be found"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot be reached: {error.strerror or error}"
    return f"does not speak HTTP as it should: {type(error).__name__}"
