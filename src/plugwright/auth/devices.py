"""Known devices: a signed cookie proves that somebody signed in to an account with this browser before.

Guesses at an account then delay only browsers that have never signed in to it. The cookie lets nobody in: whoever
has it still needs the password, and has tries of their own that grow slower like any other.
"""

import base64
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from plugwright.auth.derived_keys import derived_key

LIFETIME = 90 * 24 * 3600  # seconds
_VERSION = "v1"
_LABEL = b"plugwright known device"
_ID_BYTES = 16
_LONGEST = 120  # characters of a cookie, with room to spare


@dataclass(frozen=True, slots=True)
class Device:
    """A browser that has signed in to an account before; ``id`` is random."""

    id: str


class Devices:
    """Signs with the first secret, accepts any of them, so that secrets can be changed."""

    def __init__(self, secret_texts: Sequence[str], *, now: Callable[[], float]) -> None:
        self._keys = [derived_key(secret, _LABEL) for secret in secret_texts]
        self._now = now

    def issue(self, account_id: str, known: Device | None = None) -> str:
        """The cookie's value after a successful sign-in; a known device stays the same device."""
        device_id = known.id if known else _encoded(secrets.token_bytes(_ID_BYTES))
        content = f"{_VERSION}.{int(self._now()) + LIFETIME}.{device_id}"
        return f"{content}.{_signature(self._keys[0], content, account_id)}"

    def recognise(self, cookie: str | None, account_id: str) -> Device | None:
        """The device, if the cookie is ours, of this account, and not expired."""
        content, _, signature = (cookie or "")[:_LONGEST].rpartition(".")
        # Every key, whatever comes: an unknown account takes as long as a known one.
        signed = [_is_signed(key, content, account_id, signature) for key in self._keys]
        if not any(signed):
            return None
        _, expires_at, device_id = content.split(".")
        return Device(device_id) if int(expires_at) > self._now() else None


def _signature(key: bytes, content: str, account_id: str) -> str:
    # A line break parts them: content that we signed has none.
    return _encoded(hmac.digest(key, f"{content}\n{account_id}".encode(), sha256))


def _is_signed(key: bytes, content: str, account_id: str, signature: str) -> bool:
    try:
        return hmac.compare_digest(_signature(key, content, account_id).encode(), signature.encode())
    except UnicodeEncodeError:  # a lone surrogate is not ours
        return False


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
