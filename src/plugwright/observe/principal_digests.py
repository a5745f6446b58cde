"""Users as the log names them: by a keyed digest, which tells them apart and not who they are."""

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b

_USE = b"plugwright log"
_MOST_KEPT = 1024


def principal_digests(secret: str) -> Callable[[str], str]:
    """A function from a subject to its digest, the same wherever the secret is the same."""
    key = blake2b(secret.encode(), digest_size=32, person=_USE).digest()

    @lru_cache(maxsize=_MOST_KEPT)
    def digest(subject: str) -> str:
        return blake2b(subject.encode("utf-8", "surrogatepass"), key=key, digest_size=8).hexdigest()

    return digest
