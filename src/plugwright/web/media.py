"""Content negotiation: which forms of body are read, and which forms of answer a client takes."""

from collections.abc import Sequence
from functools import lru_cache

from plugwright.errors import UnsupportedMediaType
from plugwright.web.known import is_short

_JSON = "application/json"


def quality(accept: bytes, media_type: str) -> float:
    """How much an Accept header (RFC 9110 §12.5.1) wants a media type: the most specific range decides; 0 is never."""
    find = _remembered_quality if is_short(accept) else _quality
    return find(accept, media_type)


def _quality(accept: bytes, media_type: str) -> float:
    family = media_type.partition("/")[0] + "/*"
    ranks = {"*/*": 0, family: 1, media_type: 2}
    best = (-1, 0.0)
    for part in accept.decode("latin-1").lower().split(","):
        kind, *parameters = [piece.strip() for piece in part.split(";")]
        rank = ranks.get(kind, -1)
        if rank > best[0]:
            best = (rank, _weight(parameters))
    return best[1]


_remembered_quality = lru_cache(maxsize=1024)(_quality)


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def accepts_json(accept: bytes | None) -> bool:
    """Whether a client takes JSON; one that says nothing takes everything."""
    return not accept or quality(accept, _JSON) > 0


def accepts_events(accept: bytes | None) -> bool:
    """Whether a client takes an event stream; one that says nothing takes everything."""
    return not accept or quality(accept, "text/event-stream") > 0


def check_json_body(content_type: bytes | None, content_encoding: bytes | None) -> None:
    """Refuse a body that is not plain UTF-8 JSON.

    Raises:
        UnsupportedMediaType: another media type, another charset, or a content encoding.
    """
    if content_encoding is not None and content_encoding.lower() != b"identity":
        raise UnsupportedMediaType("Send the body without a Content-Encoding")
    if content_type == b"application/json":
        return
    kind, *parameters = (content_type or b"").decode("latin-1").lower().split(";")
    if kind.strip() != _JSON:
        raise UnsupportedMediaType("Send the body as Content-Type: application/json")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in {"utf-8", "utf8"}:
            raise UnsupportedMediaType("Send the body as UTF-8")
