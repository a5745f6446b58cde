"""How a client proves itself to an endpoint (RFC 6749 §2.3.1)."""

from base64 import b64encode
from urllib.parse import quote_plus


def basic_credentials(client_id: str, client_secret: str) -> str:
    """The value of the Authorization header; both parts are form-encoded first, as the RFC wants it."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    return f"Basic {b64encode(pair.encode('ascii')).decode('ascii')}"
