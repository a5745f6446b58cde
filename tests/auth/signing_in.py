"""What the tests of sign-in share: a clock, hashers that watch, and a sign-in of quick hashes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Literal

from argon2 import PasswordHasher
from pydantic import SecretStr

from plugwright.auth.devices import Devices
from plugwright.auth.kinds import OAuth
from plugwright.auth.passwords import Passwords
from plugwright.auth.sign_in import SignedIn, SignIn, SignInRefused
from plugwright.store import accounts
from plugwright.store.accounts import PASSWORD, Account
from plugwright.store.database import Database

RIGHT = "correct horse"
WRONG = SignInRefused("wrong")
HOME = "192.0.2.1"
SECRET = "a secret of more than thirty-two characters"  # noqa: S105 of these tests only


class Clock:
    """Time as a test sets it."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def __call__(self) -> float:
        return self.time


class WatchedHasher(PasswordHasher):
    """Argon2id at its least cost; notes what it verifies against, and does something before."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified: list[str] = []
        self.before: Callable[[], object] = lambda: None

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 argon2's name
        self.verified.append(str(hash).rsplit("$", 2)[0])
        before, self.before = self.before, lambda: None
        before()
        return super().verify(hash, password)


@dataclass
class Door:
    """A sign-in, and what it is made of."""

    database: Database
    sign_in: SignIn
    passwords: Passwords
    hasher: WatchedHasher
    clock: Clock
    devices: Devices
    reported: list[tuple[str, str, BaseException]]

    async def add(self, username: str, password: str = RIGHT, *, is_demo: bool = False) -> Account:
        """A new built-in account."""
        hashed = await self.passwords.hash(SecretStr(password))
        return await self.database.write(
            lambda c: accounts.add(
                c,
                provider=PASSWORD,
                name=username,
                display_name=username,
                password_hash=hashed,
                now=self.clock(),
                is_demo=is_demo,
            )
        )

    async def knock(
        self, username: str, password: str = RIGHT, *, address: str | None = HOME, device: str | None = None
    ) -> SignedIn | SignInRefused:
        """Try to sign in."""
        return await self.sign_in.with_password(
            username, SecretStr(password), address=address, device=device, request_id="request-1"
        )

    async def enter(
        self, username: str, password: str = RIGHT, *, address: str | None = HOME, device: str | None = None
    ) -> SignedIn:
        """Sign in, which must succeed."""
        result = await self.knock(username, password, address=address, device=device)
        assert isinstance(result, SignedIn), result
        return result


@contextlib.contextmanager
def a_door(
    database: Database,
    oauth: OAuth | None = None,
    *,
    takes_demo: bool = False,
    timeout: float = 10.0,
    threads: int = 2,
    waiting: int = 100,
) -> Generator[Door]:
    """A sign-in for as long as the block runs."""
    clock, hasher = Clock(), WatchedHasher()
    passwords = Passwords(hasher, threads=threads, waiting=waiting)
    devices = Devices([SECRET], now=clock)
    reported: list[tuple[str, str, BaseException]] = []
    sign_in = SignIn(
        database,
        passwords,
        devices,
        oauth or OAuth(scopes={"places:read": "See your places"}),
        now=clock,
        report=lambda what, request_id, error: reported.append((what, request_id, error)),
        takes_demo=takes_demo,
        timeout=timeout,
    )
    try:
        yield Door(database, sign_in, passwords, hasher, clock, devices, reported)
    finally:
        passwords.close()
