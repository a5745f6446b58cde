"""What an author can ask of an upstream."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from pydantic_core import to_json

from plugwright.upstream.exchange import UpstreamReply, UpstreamRequest
from plugwright.upstream.retries import IDEMPOTENT_METHODS
from plugwright.upstream.targets import Params, Value, request_target

AnswerT = TypeVar("AnswerT")
_NO_PARTS: Mapping[str, Value] = {}
_NO_HEADERS: Mapping[str, str] = {}
_JSON = "application/json"


class Requests(ABC):
    """The requests of an `Upstream`.

    Every one of them raises `UpstreamUnavailable` when the service cannot be reached, keeps failing or is asked too
    much, `UpstreamTimeout` when it does not answer in time, and `UpstreamError` when it refuses the request or its
    answer is not what was asked for. The status, where there was one, is the error's ``upstream_status``.

    Args of all of them:
        path: below the base URL, such as ``/items/{id}``.
        parts: the values of the path's ``{places}``. A value fills its place and nothing more, whoever it comes from.
        params: the query; None leaves a parameter out, a sequence repeats it.
        headers: of this request, besides those of the upstream.
        statuses: those besides 200 to 299 that are answers here, and no failures.
    """

    async def get_json(
        self,
        path: str,
        *,
        returns: type[AnswerT],
        parts: Mapping[str, Value] = _NO_PARTS,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AnswerT:
        """GET an answer of the type ``returns``: a pydantic model, or anything else that pydantic validates."""
        reply = await self.request("GET", path, parts=parts, params=params, headers=headers)
        return reply.json(returns)

    async def post_json(
        self,
        path: str,
        *,
        json: Any,
        returns: type[AnswerT],
        parts: Mapping[str, Value] = _NO_PARTS,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool = False,
    ) -> AnswerT:
        """POST JSON (models included), for an answer of the type ``returns``.

        It is sent once, unless ``idempotent`` says that a repeat has no further effect.
        """
        reply = await self.request(
            "POST", path, parts=parts, params=params, headers=headers, json=json, idempotent=idempotent
        )
        return reply.json(returns)

    async def request(
        self,
        method: str,
        path: str,
        *,
        parts: Mapping[str, Value] = _NO_PARTS,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        body: bytes | None = None,
        accept: Collection[str] = (_JSON,),
        statuses: Collection[int] = (),
        idempotent: bool | None = None,
    ) -> UpstreamReply:
        """Any request, for the whole reply.

        Args:
            method: GET, HEAD, OPTIONS, PUT and DELETE are repeated when they fail; others when ``idempotent`` is said.
            path: as above, like ``parts``, ``params``, ``headers`` and ``statuses``.
            parts: as above.
            params: as above.
            headers: as above.
            json: what to send as JSON.
            body: what to send as it is; its type goes into ``headers``.
            accept: the media types that a success may have; empty for any.
            statuses: as above.
            idempotent: whether a repeat has no further effect; by default as the method says.
        """
        method = method.upper()
        sent = {**self._call_headers(), **(headers or {})}
        if json is not None:
            body = to_json(json)
            sent.setdefault("Content-Type", _JSON)
        return await self._send(
            UpstreamRequest(
                method,
                request_target(path, parts, params),
                sent,
                body,
                tuple(accept),
                frozenset(statuses),
                method in IDEMPOTENT_METHODS if idempotent is None else idempotent,
            )
        )

    def _call_headers(self) -> Mapping[str, str]:
        """What tells the upstream which call a request belongs to."""
        return _NO_HEADERS

    @abstractmethod
    async def _send(self, request: UpstreamRequest) -> UpstreamReply:
        """Send it."""
