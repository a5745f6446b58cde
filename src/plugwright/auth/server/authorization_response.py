"""Answers to the client of an authorization request, by redirect (RFC 6749 §4.1.2, RFC 9207 §2)."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.responses import Response

from plugwright.auth.server.authorization_request import Return


def redirect(issuer: str, back: Return, answer: Mapping[str, str]) -> Response:
    """Send the browser back to the client, by 303: what was posted here is not posted there (RFC 9700 §4.12)."""
    headers = {
        "Location": response_url(issuer, back, answer),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    return Response(status_code=303, headers=headers)


def response_url(issuer: str, back: Return, answer: Mapping[str, str]) -> str:
    """The redirect URI with the answer in its query; whatever it had of the same names gives way to ours."""
    parts = urlsplit(back.redirect_uri)
    ours = {**answer, **({} if back.state is None else {"state": back.state}), "iss": issuer}
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in ours]
    return urlunsplit(parts._replace(query=urlencode([*kept, *ours.items()])))
