"""Passwords: what a new one must be, and Argon2id hashes of them in a bounded pool (NIST SP 800-63B, RFC 9106)."""

import asyncio
import secrets
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import HashingError, InvalidHashError, VerificationError, VerifyMismatchError
from pydantic import SecretStr

from plugwright.errors import Detail, InvalidInput, Unavailable

ResultT = TypeVar("ResultT")

_LEAST_CHARACTERS = 8
_MOST_BYTES = 1024
# What guessing begins with, among passwords that are long enough.
# fmt: off
_COMMON = frozenset((
    "password", "password1", "passw0rd", "p@ssw0rd", "password123", "12345678", "123456789", "1234567890", "87654321",
    "987654321", "1q2w3e4r", "1qaz2wsx", "q1w2e3r4", "qwertyui", "qwertyuiop", "qwerty123", "asdfghjk", "asdfghjkl",
    "zaq12wsx", "abcd1234", "abc12345", "a1b2c3d4", "abcdefgh", "iloveyou", "letmein1", "welcome1", "sunshine",
    "princess", "football", "baseball", "superman", "trustno1", "admin123", "administrator", "changeme", "computer",
    "internet", "whatever", "starwars", "11223344", "12341234", "woaini1314",
))
# fmt: on


def default_hasher() -> PasswordHasher:
    """Argon2id with 32 MiB and two passes, which is more than the least that OWASP asks for."""
    return PasswordHasher(time_cost=2, memory_cost=32 * 1024, parallelism=1)


class Passwords:
    """Hashes and verifies passwords in a pool of its own, so that sign-ins never hold up calls.

    Args:
        hasher: Argon2id with its parameters.
        threads: how many passwords are hashed at once.
        waiting: how many more may wait; beyond that the answer is `Unavailable` at once.
    """

    def __init__(self, hasher: PasswordHasher | None = None, *, threads: int = 2, waiting: int = 32) -> None:
        self._hasher = hasher or default_hasher()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="plugwright-passwords")
        self._places = threading.BoundedSemaphore(threads + waiting)
        # Of nobody's password: verified for users who do not exist, at the same cost as for those who do.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: SecretStr) -> str:
        """The hash to store of a password.

        Raises:
            InvalidInput: it is longer than 1,024 bytes, or not text.
            Unavailable: too many passwords wait to be hashed.
        """
        raw = _normalised(password)
        if raw is None:
            raise _refused(f"must be text of at most {_MOST_BYTES:,} bytes")
        return await self._run(lambda: self._hasher.hash(raw))

    async def verify(self, stored: str | None, password: SecretStr) -> bool:
        """Whether a password is the one that was hashed; ``None`` stands for the hash of an unknown user.

        Raises:
            Unavailable: too many passwords wait to be hashed.
        """
        raw = _normalised(password)
        return raw is not None and await self._run(lambda: self._is_match(stored, raw))

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than new ones are."""
        return self._hasher.check_needs_rehash(stored)

    def ensure_place(self) -> None:
        """Refuse early what could not be hashed now.

        Raises:
            Unavailable: too many passwords wait to be hashed.
        """
        self._take_place()
        self._places.release()

    def close(self) -> None:
        """End the threads; what is being hashed is finished first."""
        self._threads.shutdown(cancel_futures=True)

    def _is_match(self, stored: str | None, raw: bytes) -> bool:
        try:
            is_right = self._hasher.verify(self._nobody if stored is None else stored, raw)
        except VerifyMismatchError:
            return False
        except InvalidHashError:  # damaged in the store; as costly as any other
            return self._is_match(None, raw)
        return is_right and stored is not None

    async def _run(self, work: Callable[[], ResultT]) -> ResultT:
        self._take_place()
        future = self._threads.submit(work)
        # With the thread's work, not with the caller, who may be gone earlier.
        future.add_done_callback(lambda _: self._places.release())
        try:
            return await asyncio.wrap_future(future)
        except (HashingError, VerificationError) as error:  # no memory for it
            raise _crowded() from error

    def _take_place(self) -> None:
        if not self._places.acquire(blocking=False):
            raise _crowded()


def check_new_password(password: SecretStr, *, username: str) -> None:
    """Refuse a password that is too short, too long, the username, or among the first to be guessed.

    Raises:
        InvalidInput: says which.
    """
    raw = _normalised(password)
    if raw is None:
        raise _refused(f"must be text of at most {_MOST_BYTES:,} bytes")
    text = raw.decode().casefold()
    if len(raw.decode()) < _LEAST_CHARACTERS:
        raise _refused(f"must have at least {_LEAST_CHARACTERS} characters")
    if text.strip() == unicodedata.normalize("NFKC", username).casefold().strip():
        raise _refused("must not be the username")
    if text in _COMMON or len(set(text)) == 1:
        raise _refused("is among the most common ones; choose another")


def is_acceptable(password: SecretStr) -> bool:
    """Whether it is text of at most 1,024 bytes, which is what anybody's password may be."""
    return _normalised(password) is not None


def _normalised(password: SecretStr) -> bytes | None:
    text = password.get_secret_value()
    if len(text) > _MOST_BYTES:  # before normalising, which costs
        return None
    try:
        raw = unicodedata.normalize("NFKC", text).encode()
    except UnicodeEncodeError:
        return None
    return raw if len(raw) <= _MOST_BYTES else None


def _refused(problem: str) -> InvalidInput:
    return InvalidInput(f"The password {problem}", details=[Detail("password", problem)])


def _crowded() -> Unavailable:
    return Unavailable("Too many people are signing in now; try again in a moment", retry_after=1)
