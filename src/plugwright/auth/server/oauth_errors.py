"""Errors of the OAuth endpoints, with the codes of their RFCs."""

from collections.abc import Mapping

from starlette.responses import JSONResponse

INVALID_REQUEST = "invalid_request"
INVALID_CLIENT = "invalid_client"
INVALID_SCOPE = "invalid_scope"
INVALID_TARGET = "invalid_target"
UNAUTHORIZED_CLIENT = "unauthorized_client"
UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type"
ACCESS_DENIED = "access_denied"
INVALID_CLIENT_METADATA = "invalid_client_metadata"
INVALID_REDIRECT_URI = "invalid_redirect_uri"
TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"

# RFC 6749 §5.1: on errors too
NO_STORE: Mapping[str, str] = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class OAuthError(Exception):
    """A refused request: the code of its RFC, a description for the developer, and the HTTP status."""

    def __init__(
        self, error: str, description: str, *, status: int = 400, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.headers = headers or {}


def invalid_client(description: str) -> OAuthError:
    """The error of a client that did not prove who it is (RFC 6749 §5.2)."""
    challenge = {"WWW-Authenticate": 'Basic realm="oauth", charset="UTF-8"'}
    return OAuthError(INVALID_CLIENT, description, status=401, headers=challenge)


def error_response(error: OAuthError) -> JSONResponse:
    """An error as RFC 6749 §5.2 has it."""
    content = {"error": error.error, "error_description": error.description}
    return JSONResponse(content, error.status, headers={**NO_STORE, **error.headers})
