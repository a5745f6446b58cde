"""Answers to the client of an authorization request, by redirect (RFC 6749 §4.1.2, RFC 9207 §2)."""

from collections.abc import Mapping
from urllib.parse import unquote_plus, urlencode

from starlette.responses import Response

from plugwright.auth.server.authorization_request import Return

_NAMES = frozenset({"code", "state", "iss", "error", "error_description", "error_uri"})


def redirect(issuer: str, back: Return, answer: Mapping[str, str]) -> Response:
    """Send the browser back to the client, by 303: what was posted here is not posted there (RFC 9700 §4.12)."""
    headers = {
        "Location": response_url(issuer, back, answer),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    return Response(status_code=303, headers=headers)


def response_url(issuer: str, back: Return, answer: Mapping[str, str]) -> str:
    """The redirect URI with the answer in its query.

    What it had there is kept letter for letter, except what a client could take for our answer (attack A10).
    """
    # Nothing else is taken apart: putting it together again would change an empty host, as in com.example.app:///.
    before, _, query = back.redirect_uri.partition("?")
    ours = {**answer, **({} if back.state is None else {"state": back.state}), "iss": issuer}
    kept = [pair for pair in query.split("&") if pair and unquote_plus(pair.partition("=")[0]) not in _NAMES]
    return f"{before}?{'&'.join([*kept, urlencode(ours)])}"
