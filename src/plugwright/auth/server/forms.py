"""Parameters of OAuth requests, read strictly: each at most once, UTF-8, bounded (RFC 6749 §3.1, §3.2)."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from pydantic_core import from_json
from starlette.requests import Request

from plugwright.auth.server.oauth_errors import INVALID_REQUEST, OAuthError
from plugwright.errors import PayloadTooLarge, RequestTimeout
from plugwright.json_types import is_object
from plugwright.web.bodies import BodyLimits, read_body

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
_LIMITS = BodyLimits(64 * 1024, 10.0)
_LONGEST_QUERY = 16 * 1024
_MOST = 100


@dataclass(frozen=True, slots=True)
class Form:
    """A request's parameters; ``is_json``: they came as a JSON object."""

    values: Mapping[str, str] = field(repr=False)
    many: Mapping[str, tuple[str, ...]] = field(repr=False)
    is_json: bool = False

    def get(self, name: str) -> str | None:
        """A parameter; nothing when it is absent or empty, which is the same (RFC 6749 §3.1)."""
        return self.values.get(name) or None

    def required(self, name: str) -> str:
        """A parameter that must be there.

        Raises:
            OAuthError: it is not.
        """
        value = self.get(name)
        if value is None:
            raise OAuthError(INVALID_REQUEST, f"{name} is missing")
        return value


async def read_form(request: Request, *, repeatable: Collection[str] = (), takes_json: bool = False) -> Form:
    """The parameters in a body. What would be in the query is refused: it would be in logs.

    Args:
        request: a POST.
        repeatable: names that may be given several times.
        takes_json: whether a JSON object of strings is read as well.

    Raises:
        OAuthError: another media type, too long, too slow, not UTF-8, or a parameter is given twice.
    """
    if request.url.query:
        raise OAuthError(INVALID_REQUEST, "Parameters belong in the body, not in the query")
    body = await body_of(request, _LIMITS)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == FORM:
        return _parsed(body, repeatable)
    if media == JSON and takes_json:
        return _from_json(body)
    raise OAuthError(INVALID_REQUEST, f"The body must be {FORM}", status=415)


def read_query(request: Request) -> Form:
    """The parameters in the query.

    Raises:
        OAuthError: too long, not UTF-8, or a parameter is given twice.
    """
    query: bytes = request.scope["query_string"]
    if len(query) > _LONGEST_QUERY:
        raise OAuthError(INVALID_REQUEST, f"The query is longer than {_LONGEST_QUERY} bytes")
    return _parsed(query, ())


async def body_of(request: Request, limits: BodyLimits) -> bytes:
    """A request's body.

    Raises:
        OAuthError: it is too long, or did not arrive in time.
    """
    declared = request.headers.get("content-length")
    try:
        return await read_body(request.receive, None if declared is None else declared.encode("latin-1"), limits)
    except (PayloadTooLarge, RequestTimeout) as error:
        raise OAuthError(INVALID_REQUEST, error.message, status=error.status) from None


def json_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object in a body; nothing when it is none, or gives a member twice (attack A6)."""
    try:
        data = from_json(body)  # strict about encoding and depth
        json.loads(body, object_pairs_hook=_each_once)
    except ValueError:
        return None
    return data if is_object(data) else None


def _each_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(members)) != len(members):
        raise ValueError
    return dict(members)


def _parsed(text: bytes, repeatable: Collection[str]) -> Form:
    try:
        pairs = parse_qsl(
            text.decode("utf-8"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=_MOST
        )
    except ValueError:
        raise OAuthError(INVALID_REQUEST, f"Parameters must be UTF-8, at most {_MOST} of them") from None
    many: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if name in many and name not in repeatable:
            raise OAuthError(INVALID_REQUEST, f"{_shown(name)} is given twice")
        many[name] = (*many.get(name, ()), value)
    return Form({name: values[-1] for name, values in many.items()}, many)


def _from_json(body: bytes) -> Form:
    data = json_object(body)
    if data is None or not all(isinstance(value, str) for value in data.values()):
        raise OAuthError(INVALID_REQUEST, "The body must be a JSON object of strings, each given once")
    return Form(data, {name: (value,) for name, value in data.items()}, is_json=True)


def _shown(name: str) -> str:
    return name if name.isidentifier() and len(name) <= 40 else "A parameter"  # noqa: PLR2004 foreign text
