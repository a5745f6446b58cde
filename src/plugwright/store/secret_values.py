"""Values that prove something by being known: made here, stored as digests only."""

import secrets
from hashlib import sha256

_BYTES = 32  # 256 bits: nobody guesses one, so that a plain digest protects it (RFC 6749 §10.10 asks for 128)
_ID_BYTES = 16


def new_secret(prefix: str) -> str:
    """A new secret of 256 random bits. ``prefix`` names its kind, so that scanners find a leaked one."""
    return f"{prefix}_{secrets.token_urlsafe(_BYTES)}"


def new_id(prefix: str) -> str:
    """A new identifier of 128 random bits; the prefix keeps the identifiers of different things apart."""
    return f"{prefix}_{secrets.token_hex(_ID_BYTES)}"


def digest(secret: str) -> bytes:
    """What is stored of a secret."""
    return sha256(secret.encode()).digest()
