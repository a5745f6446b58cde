"""`PublicWeb`: URLs that somebody else names, fetched without being led into one's own network (attack API7)."""

from collections.abc import Collection
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from plugwright.errors import InvalidInput, UpstreamTimeout, UpstreamUnavailable
from plugwright.operations.durations import seconds
from plugwright.upstream.exchange import CallContext, UpstreamReply, usable_seconds
from plugwright.upstream.failures import AttemptFailed, kind_of_status
from plugwright.upstream.per_loop import PerLoop

if TYPE_CHECKING:
    from plugwright.upstream.resolving import Resolve
    from plugwright.upstream.safe_fetch import Fetched

_SUBJECT = "The server of this URL"
_SUCCESS = range(200, 300)


class PublicWeb:
    """Fetches URLs that come from input: ``await call.upstream(web).fetch(url)``.

    Only ``https://`` URLs of public hosts are fetched. The name is resolved once, every address has to be public, the
    connection goes to just these, and redirects are not followed. Nothing of the call goes out with the request.

    Args:
        accept: the media types that an answer may have.
        timeout: for one fetch in all.
        max_bytes: the largest answer.
        concurrency: fetches in progress at most.
        allowed_origins: exact origins that are exempt from the rules on scheme and address, for development and tests.
        resolve: a name and a port to numeric addresses; as the system does, when not given.

    Raises:
        SetupError: the duration is not of its form.
    """

    def __init__(
        self,
        *,
        accept: Collection[str] = ("application/json",),
        timeout: str = "10s",
        max_bytes: int = 1_048_576,
        concurrency: int = 16,
        allowed_origins: Collection[str] = (),
        resolve: "Resolve | None" = None,
    ) -> None:
        # What fetches nothing does not load the HTTP client; what does loads it before it serves.
        from plugwright.upstream.safe_fetch import SafeFetch  # noqa: PLC0415

        self._accept = tuple(accept)
        self._timeout = seconds(timeout, of="public web: timeout")
        self._max_bytes = max_bytes

        def connect() -> SafeFetch:
            return SafeFetch(allowed_origins, resolve=resolve, concurrent=concurrency)

        self._fetches: PerLoop[SafeFetch] = PerLoop(connect, SafeFetch.aclose)

    def within(self, context: CallContext) -> "BoundPublicWeb":
        """The same within a call; `Call.upstream` is the way to get it."""
        return BoundPublicWeb(self, context)

    async def fetch(self, url: str, context: CallContext | None = None) -> UpstreamReply:
        """GET a document, within a call if there is one.

        Raises:
            InvalidInput: the URL must not be fetched, or its answer must not be taken.
            UpstreamUnavailable: it cannot be reached, or cannot answer now.
            UpstreamTimeout: it did not answer in time.
            UpstreamError: it answered with another status than success, which is the error's ``upstream_status``.
        """
        total = self._timeout if context is None else min(self._timeout, usable_seconds(context.remaining()))
        if total <= 0:
            raise UpstreamTimeout(f"{_SUBJECT} did not answer in time")
        fetched = await self._get(url, total)
        if fetched.status not in _SUCCESS:
            raise AttemptFailed(kind_of_status(fetched.status), upstream_status=fetched.status).error(_SUBJECT)
        return UpstreamReply(fetched.status, fetched.headers, fetched.body, _SUBJECT)

    async def aclose(self) -> None:
        """Close the connections of the running event loop; the next fetch opens others."""
        await self._fetches.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _get(self, url: str, total: float) -> "Fetched":
        from plugwright.upstream.safe_fetch import FetchFailed, FetchRefused, FetchTimeout  # noqa: PLC0415 as above

        fetch = await self._fetches.get()
        try:
            return await fetch.get(url, max_bytes=self._max_bytes, deadline_seconds=total, accept=self._accept)
        except FetchRefused as refused:
            raise InvalidInput(str(refused)) from None
        except FetchTimeout as late:
            raise UpstreamTimeout(str(late)) from None
        except FetchFailed as failed:
            raise UpstreamUnavailable(str(failed)) from None


@dataclass(frozen=True, slots=True)
class BoundPublicWeb:
    """A `PublicWeb` within one call: its fetches end before the call does."""

    web: PublicWeb
    context: CallContext

    async def fetch(self, url: str) -> UpstreamReply:
        """GET a document; as `PublicWeb.fetch`."""
        if self.context.traced is None:
            return await self.web.fetch(url, self.context)
        # Neither the trace nor the host, which comes from input, is anybody else's business.
        with self.context.traced("public_web", "GET", None, None) as fetching:
            reply = await self.web.fetch(url, self.context)
            fetching.answered(reply.status)
            return reply
