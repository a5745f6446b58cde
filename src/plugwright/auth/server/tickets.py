"""Tickets: a validated request on its way through the sign-in pages, carried by the browser, sealed.

Nothing is stored for a request before a person has allowed it. A ticket is bound to one cookie of one browser, names
the step that it is for, and is valid for ten minutes. That a consent is used once is held by the database.
"""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from plugwright.auth.derived_keys import derived_key

LIFETIME = 600  # seconds
_NONCE = 12  # bytes
_LABEL = b"plugwright sign-in ticket"


class TicketRefused(Exception):
    """The ticket is not ours, expired, for another step, or of another browser."""


class Tickets:
    """Seals with the first secret, opens with any of them."""

    def __init__(self, secret_texts: Sequence[str], now: Callable[[], float]) -> None:
        self._ciphers = [AESGCM(derived_key(text, _LABEL)) for text in secret_texts]
        self._now = now

    def seal(self, step: str, cookie: str, content: Mapping[str, Any]) -> str:
        """A ticket for one step, bound to a cookie's value."""
        nonce = secrets.token_bytes(_NONCE)
        text = json.dumps({"until": self._now() + LIFETIME, "content": dict(content)}).encode()
        return urlsafe_b64encode(nonce + self._ciphers[0].encrypt(nonce, text, _binding(step, cookie))).decode()

    def open(self, step: str, cookie: str | None, ticket: str | None) -> dict[str, Any]:
        """A ticket's content.

        Raises:
            TicketRefused: it cannot be used here and now.
        """
        if cookie is None or ticket is None:
            raise TicketRefused
        try:
            raw = urlsafe_b64decode(ticket.encode("ascii"))
        except ValueError:
            raise TicketRefused from None
        for cipher in self._ciphers:
            try:
                data = json.loads(cipher.decrypt(raw[:_NONCE], raw[_NONCE:], _binding(step, cookie)))
            except (InvalidTag, ValueError):
                continue
            if data["until"] >= self._now():
                return data["content"]
        raise TicketRefused


def _binding(step: str, cookie: str) -> bytes:
    return step.encode() + b"\n" + sha256(cookie.encode()).digest()
