"""Reading the ``Authorization`` header, strictly (RFC 6750 §2.1)."""

import re

from plugwright.errors import MalformedCredentials

_SCHEME = re.compile(rb"(?i:bearer)(?: |$)")
_BEARER = re.compile(rb"(?i:bearer) +([A-Za-z0-9._~+/-]+=*)")
_LONGEST = 16_384  # a JWT with very many claims; what is longer is no token of anybody's


def bearer_token(authorization: bytes | None) -> str | None:
    """The token of a header, or nothing when there is none or it uses another scheme (RFC 6750 §3.1).

    A header that was sent twice arrives joined by a comma (RFC 9110 §5.3), which no token contains.

    Raises:
        MalformedCredentials: it is no bearer token, or there are two.
    """
    if authorization is None:
        return None
    found = _BEARER.fullmatch(authorization)
    if found is not None and len(authorization) <= _LONGEST:
        return found[1].decode()
    if b"," in authorization or not authorization.strip() or _SCHEME.match(authorization):
        raise MalformedCredentials("Send one Authorization header of the form: Bearer <token>")
    return None
