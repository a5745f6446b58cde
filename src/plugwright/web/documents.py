"""Documents that are built once and served as they are: manifest, OpenAPI, logo, landing page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from plugwright.errors import MethodNotAllowed
from plugwright.web.asgi import Headers, Receive, Scope, Send
from plugwright.web.compression import SHORT, VARY, Compressor, Forms, coded_etag, coded_headers, is_text
from plugwright.web.conditional import has_it
from plugwright.web.headers import header_map
from plugwright.web.origins import Origins
from plugwright.web.replies import send_error, send_reply

_METHODS = "GET, HEAD, OPTIONS"
_VARY = (b"vary", b"Origin")


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes, their media type, and for how many seconds they may be cached; other bytes by exact query string."""

    body: bytes
    media_type: str
    max_age: int = 300
    headers: tuple[tuple[bytes, bytes], ...] = ()
    variants: Mapping[bytes, bytes] = field(default_factory=dict[bytes, bytes])


@dataclass(frozen=True, slots=True)
class _Kept:
    """The bytes of a document with what is made of them once."""

    body: bytes
    etag: bytes
    forms: Forms = field(default_factory=dict[bytes, Any])


class DocumentEndpoint:
    """Serves one document with ETag, Cache-Control and CORS, compressed where that makes sense."""

    def __init__(
        self,
        document: Document,
        *,
        origins: Origins,
        next_request_id: Callable[[], str],
        compressor: Compressor | None = None,
    ) -> None:
        self._origins = origins
        self._next_request_id = next_request_id
        self._compressor = compressor if is_text(document.media_type) else None
        self._usual = _tagged(document.body)
        self._variants = {query: _tagged(body) for query, body in document.variants.items()}
        self._headers: Headers = [
            (b"cache-control", b"public, max-age=%d" % document.max_age if document.max_age else b"no-store"),
            *document.headers,
        ]
        self._type = (b"content-type", document.media_type.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 the signature of ASGI
        """Answer GET, HEAD and OPTIONS."""
        asked = header_map(scope["headers"])
        cors = self._origins.reply_headers(asked.get(b"origin", b"")) or [_VARY]
        method = scope["method"]
        if method == "OPTIONS":
            headers: Headers = [(b"allow", _METHODS.encode()), *cors]
            if cors != [_VARY] and b"access-control-request-method" in asked:
                headers = [headers[0], *self._origins.preflight_headers(asked, _METHODS.encode())]
            await send_reply(send, 204, headers, b"")
            return
        if method not in {"GET", "HEAD"}:
            error = MethodNotAllowed(f"{method} is not served at this path; it takes {_METHODS}", allow=_METHODS)
            await send_error(send, error, self._next_request_id(), cors)
            return
        body, etag, coded = await self._form(self._variants.get(scope["query_string"], self._usual), asked)
        headers = [(b"etag", etag), *self._headers, *coded[-1:], *cors]
        if has_it(asked.get(b"if-none-match"), etag):
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            await send_reply(send, 200, [self._type, *coded[:-1], *headers], body)

    async def _form(self, kept: _Kept, asked: dict[bytes, bytes]) -> tuple[bytes, bytes, Headers]:
        """The bytes that are sent, their ETag, and what tells of their coding: Vary last."""
        if self._compressor is None or len(kept.body) <= SHORT:
            return kept.body, kept.etag, []
        found = await self._compressor.document(kept.body, asked.get(b"accept-encoding"), kept.forms)
        if found is None:
            return kept.body, kept.etag, [VARY]
        coding, form = found
        return form, coded_etag(kept.etag, coding), coded_headers(coding)


def _tagged(body: bytes) -> _Kept:
    return _Kept(body, b'"' + sha256(body).hexdigest()[:32].encode() + b'"')
