"""Keys that follow from the operator's secret, one for each use."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_LENGTH = 32  # bytes


def derived_key(secret: str, label: bytes) -> bytes:
    """The key of 256 bits for the use that the label names (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=_LENGTH, salt=None, info=label).derive(secret.encode())
