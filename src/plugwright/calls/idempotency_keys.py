"""Idempotency keys as they are presented (draft-ietf-httpapi-idempotency-key-header, section 2)."""

import re

from plugwright.errors import Detail, IdempotencyKeyError
from plugwright.principal import Principal

# A string of structured fields (RFC 9651 §3.3.3), or what most clients send: the same without quotes.
_KEY = re.compile(r'"(?P<quoted>[A-Za-z0-9._~:/+=@-]{1,255})"|(?P<plain>[A-Za-z0-9._~:/+=@-]{1,255})')
_FEWEST_OF_ANYBODY = 20  # characters: callers who are not known are told apart by their keys alone


def read_key(text: str, principal: Principal | None) -> str:
    """The key in what a client presents.

    Raises:
        IdempotencyKeyError: it is malformed, or too easily guessed for a caller who is not known.
    """
    found = _KEY.fullmatch(text.strip(" \t"))
    if found is None:
        raise _malformed("must be 1 to 255 letters, digits and . _ ~ : / + = @ -, such as a UUID")
    key = found["quoted"] or found["plain"]
    if principal is None and len(key) < _FEWEST_OF_ANYBODY:
        raise _malformed(f"must have at least {_FEWEST_OF_ANYBODY} random characters, such as a UUID, without sign-in")
    return key


def _malformed(problem: str) -> IdempotencyKeyError:
    return IdempotencyKeyError(f"The idempotency key {problem}", details=[Detail("Idempotency-Key", problem)])
