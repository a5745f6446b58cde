"""`Upstream`: another service that a plugin needs, asked in a way that neither harms it nor waits for it too long."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from plugwright.errors import SetupError, UpstreamError, UpstreamTimeout
from plugwright.operations.durations import seconds
from plugwright.upstream.exchange import CallContext, UpstreamReply, UpstreamRequest, usable_seconds
from plugwright.upstream.failures import AttemptFailed
from plugwright.upstream.gate import Gate
from plugwright.upstream.per_loop import PerLoop
from plugwright.upstream.requests import Requests
from plugwright.upstream.tally import UpstreamTally
from plugwright.upstream.targets import check_base_url
from plugwright.upstream.timing import REAL_TIME, Timing

if TYPE_CHECKING:
    from plugwright.upstream.link import Link

_NO_HEADERS: Mapping[str, str] = {}
_FAIR_SHARE = 0.1


class Upstream(Requests):
    """A service at a base URL, which its author chose, be it in a private network. For URLs from input: `PublicWeb`.

    Make one per service, at module level or in the plugin's lifespan, and use it within a call as
    ``await call.upstream(weather).get_json("/v1/forecast", ...)``: its time is then cut to what the call has left.
    Connections are made when first needed and kept open; they close with the event loop, or before with `aclose` or at
    the end of ``async with``.

    Args:
        base_url: scheme, host and perhaps a path, such as ``https://api.example.com/v2``.
        name: how the service is called in messages to callers and in metrics; without one callers learn nothing of it.
        headers: of every request, such as the plugin's own credentials for the service.
        timeout: for one request in all, repeats and pauses included.
        connect_timeout: to find and connect to it, once.
        read_timeout: between two pieces of its answer, and before the first.
        attempts: how often one request is sent at most; repeats come out of a budget of a tenth of all requests.
        concurrency: requests in progress, and so connections, at most.
        queue_timeout: how long a request waits while there are as many.
        max_bytes: the largest answer, decompressed.
        tls: for a service with certificates of its own.
        timing: clocks and pauses, for tests.

    Raises:
        SetupError: the URL or a duration is not of its form.
    """

    def __init__(
        self,
        base_url: str,
        *,
        name: str | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
        timeout: str = "10s",
        connect_timeout: str = "2s",
        read_timeout: str = "5s",
        attempts: int = 3,
        concurrency: int = 20,
        queue_timeout: str = "1s",
        max_bytes: int = 1_048_576,
        tls: ssl.SSLContext | None = None,
        timing: Timing = REAL_TIME,
    ) -> None:
        # What has no upstream does not load the HTTP client; what has one loads it before it serves.
        from plugwright.upstream.link import Link  # noqa: PLC0415
        from plugwright.upstream.wire import Wire, WireSettings  # noqa: PLC0415

        base_url = check_base_url(base_url)
        self.where = urlsplit(base_url)
        """Its address."""
        self.name = name or self.where.hostname or ""
        """What metrics call it."""
        for setting, value in (("attempts", attempts), ("concurrency", concurrency), ("max_bytes", max_bytes)):
            if value < 1:
                raise SetupError(f"upstream {self.name}: {setting} must be at least 1, not {value}")
        self._subject = name or "A service that this operation needs"
        self._timeout = seconds(timeout, of=f"upstream {self.name}: timeout")
        self._timing = timing
        self.tally = UpstreamTally()
        """What happened with its requests."""
        settings = WireSettings(
            base_url,
            self._subject,
            dict(headers),
            concurrency,
            seconds(connect_timeout, of=f"upstream {self.name}: connect_timeout"),
            seconds(read_timeout, of=f"upstream {self.name}: read_timeout"),
            max_bytes,
            tls,
            timing.now,
        )
        queue_seconds = seconds(queue_timeout, of=f"upstream {self.name}: queue_timeout")

        def connect() -> Link:
            return Link(
                Wire(settings),
                Gate(concurrency, queue_seconds),
                attempts=attempts,
                fair_seconds=self._timeout * _FAIR_SHARE,
                tally=self.tally,
                timing=timing,
            )

        self._links: PerLoop[Link] = PerLoop(connect, Link.aclose)

    def within(self, context: CallContext) -> "BoundUpstream":
        """The same service within a call; `Call.upstream` is the way to get it."""
        return BoundUpstream(self, context)

    def links(self) -> "list[Link]":
        """The ways to the service, one per event loop, with their gates and breakers: for metrics."""
        return self._links.values()

    async def send(self, request: UpstreamRequest, context: CallContext | None = None) -> UpstreamReply:
        """Send a request, within a call if there is one.

        Raises:
            UpstreamError: or a class below it, as described at `Requests`.
        """
        total = self._timeout if context is None else min(self._timeout, usable_seconds(context.remaining()))
        outcome = "cancelled"
        try:
            reply = await self._send_within(total, request)
            outcome = "ok"
        except UpstreamError as error:
            outcome = error.code
            raise
        finally:
            self.tally.requests[outcome] += 1
        return reply

    async def aclose(self) -> None:
        """Close the connections of the running event loop; the next request opens others."""
        await self._links.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _send(self, request: UpstreamRequest) -> UpstreamReply:
        return await self.send(request)

    async def _send_within(self, total: float, request: UpstreamRequest) -> UpstreamReply:
        clock = self._timing.clock
        deadline = clock() + total
        late = f"{self._subject} did not answer in time"
        if total <= 0:
            raise UpstreamTimeout(late)
        link = await self._links.get()
        try:
            async with asyncio.timeout(total):
                return await link.send(request, lambda: deadline - clock())
        except AttemptFailed as failed:
            raise failed.error(self._subject) from failed.__cause__
        except TimeoutError:  # of this block: those of the wire are failed attempts
            raise UpstreamTimeout(late) from None


@dataclass(frozen=True, slots=True)
class BoundUpstream(Requests):
    """An `Upstream` within one call: its requests end before the call does, and say which call it is."""

    upstream: Upstream
    context: CallContext

    def _call_headers(self) -> Mapping[str, str]:
        return self.context.headers

    async def _send(self, request: UpstreamRequest) -> UpstreamReply:
        if self.context.traced is None:
            return await self.upstream.send(request, self.context)
        where = self.upstream.where
        with self.context.traced(self.upstream.name, request.method, where.hostname, where.port) as sent:
            request = replace(request, headers={**request.headers, **sent.headers})
            reply = await self.upstream.send(request, self.context)
            sent.answered(reply.status)
            return reply
