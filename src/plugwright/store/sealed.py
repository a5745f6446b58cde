"""Answers that can be given again, sealed under the credential that was presented for them.

The database alone opens nothing: the key is derived from the credential, of which it holds only a digest.
"""

import hmac
import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_LABEL = b"plugwright repeated answer"
_NONCE = 12  # bytes


def seal(answer: bytes, credential: str) -> bytes:
    """An answer, to be opened with the credential only."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(credential).encrypt(nonce, answer, None)


def unseal(sealed: bytes, credential: str) -> bytes:
    """What was sealed under this very credential."""
    return _cipher(credential).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)


def _cipher(credential: str) -> AESGCM:
    return AESGCM(hmac.digest(credential.encode(), _LABEL, "sha256"))
