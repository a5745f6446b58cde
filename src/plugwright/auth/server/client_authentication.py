"""Which client makes a request, and its proof (RFC 6749 §2.3, RFC 7523 §2.2): exactly one way, the registered one."""

from base64 import b64decode
from dataclasses import dataclass, field
from hmac import compare_digest
from urllib.parse import unquote_plus

from pydantic_core import from_json
from starlette.requests import Request

from plugwright.auth.server.forms import Form
from plugwright.auth.server.oauth_errors import INVALID_REQUEST, OAuthError, invalid_client
from plugwright.json_types import is_object
from plugwright.store.clients import Client
from plugwright.store.secret_values import digest

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NONE = "none"
BASIC = "client_secret_basic"
POST = "client_secret_post"
PRIVATE_KEY_JWT = "private_key_jwt"
METHODS = (NONE, PRIVATE_KEY_JWT, BASIC, POST)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client presented: the method it used, and its secret or assertion."""

    method: str
    client_id: str
    proof: str = field(default="", repr=False)


def read_credentials(request: Request, form: Form) -> Credentials:
    """The credentials in a request.

    Raises:
        OAuthError: there are none, two kinds at once, or they are malformed.
    """
    headers = request.headers.getlist("authorization")
    claimed = form.get("client_id")
    found: list[Credentials] = []
    if headers:
        found.append(_basic(headers))
    if (secret := form.get("client_secret")) is not None:
        found.append(Credentials(POST, _needed(claimed), secret))
    if (assertion := form.get("client_assertion")) is not None:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise OAuthError(INVALID_REQUEST, f"client_assertion_type must be {ASSERTION_TYPE}")
        found.append(Credentials(PRIVATE_KEY_JWT, _needed(claimed or subject_of(assertion)), assertion))
    if not found:
        return Credentials(NONE, _needed(claimed))
    if len(found) > 1:
        raise invalid_client("The client authenticates in two ways at once; use one")
    if claimed is not None and claimed != found[0].client_id:
        raise invalid_client("client_id differs from the one that authenticates")
    return found[0]


def check_method(client: Client, credentials: Credentials) -> None:
    """Refuse another way of authenticating than the registered one.

    Raises:
        OAuthError: it is another one.
    """
    if client.auth_method != credentials.method:
        raise invalid_client(f"This client is registered for {client.auth_method}")


def check_secret(client: Client, credentials: Credentials) -> None:
    """Compare a secret in constant time.

    Raises:
        OAuthError: it is not the client's.
    """
    stored = client.secret_digest
    if stored is None or not compare_digest(stored, digest(credentials.proof)):
        raise invalid_client("The client's secret is wrong")


def subject_of(assertion: str) -> str | None:
    """The client that an assertion speaks of, unverified: it only tells whose keys to verify it with."""
    try:
        payload = assertion.split(".")[1]
        claims = from_json(b64decode(payload + "=" * (-len(payload) % 4), altchars=b"-_", validate=True))
    except (IndexError, ValueError):
        return None
    subject = claims.get("sub") if is_object(claims) else None
    return subject if isinstance(subject, str) else None


def _basic(headers: list[str]) -> Credentials:
    """RFC 6749 §2.3.1: both parts are form-encoded inside the Basic credentials."""
    scheme, _, encoded = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() != "basic":
        raise invalid_client("The Authorization header must be Basic, once")
    try:
        user, colon, secret = b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except ValueError:
        raise invalid_client("The Authorization header is malformed") from None
    if not colon or not user:
        raise invalid_client("The Authorization header is malformed")
    return Credentials(BASIC, unquote_plus(user), unquote_plus(secret))


def _needed(client_id: str | None) -> str:
    if client_id is None:
        raise invalid_client("client_id is missing")
    return client_id
