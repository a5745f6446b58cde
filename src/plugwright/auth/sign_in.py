"""Signing in: from a username and a password, or an outside identity, to an account and a session of it."""

import asyncio
import math
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from pydantic import SecretStr
from sqlalchemy import Connection

from plugwright.auth import guessing
from plugwright.auth.devices import Device, Devices
from plugwright.auth.identities import UnusableIdentity, usable
from plugwright.auth.kinds import Identity, OAuth
from plugwright.auth.passwords import Passwords, is_acceptable
from plugwright.errors import InvalidInput, Unavailable
from plugwright.operations.durations import seconds
from plugwright.store import accounts, audit, sessions, throttles
from plugwright.store.accounts import PASSWORD, Account
from plugwright.store.database import Database
from plugwright.store.throttles import Policy
from plugwright.store.usernames import username_key
from plugwright.web.addresses import network_of

AUTHOR = "author"
"""The provider of accounts that the author's function recognises."""

_AUTHENTICATE_TIMEOUT = 10.0  # seconds
_MOST_AUTHENTICATING = 100
_MOST_VERIFICATIONS = 3
_TOLD = Policy(free=1, first_delay=60.0, longest_delay=60.0, memory=3600.0)
_LONGEST_NAME = 512

Problem = Literal["wrong", "throttled", "unavailable"]
Report = Callable[[str, str, BaseException], None]
"""Logs an unforeseen exception: what was done, the request id, the exception."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in.

    ``session`` is the secret of their new session, ``device`` the value of the cookie by which the browser is known
    from now on; both are for the browser only. There is no device where no password could be guessed.
    """

    account: Account
    session: str = field(repr=False)
    device: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """Why not: ``wrong`` is the same for an unknown user, a disabled one and a wrong password."""

    problem: Problem
    wait_seconds: int = 0


@dataclass(frozen=True, slots=True)
class _Request:
    """What a browser sent. ``name`` is the username as it is looked up; empty: nobody can be called so."""

    username: str
    name: str
    password: SecretStr
    network: str
    cookie: str | None
    id: str


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A try that was counted. ``holder``: to whom the device belongs, known before the password is looked at."""

    counters: tuple[guessing.Counter, ...]
    holder: str
    device: Device | None
    account: Account | None
    stored: str | None = field(repr=False)


class _PasswordChanged(Exception):
    """The password was changed, or its hash renewed, while it was verified."""


_Find = Callable[[Connection], Account | None]
"""The account, in the transaction that decides."""


class SignIn:
    """Lets people in.

    Args:
        database: where the accounts are.
        passwords: verifies those of built-in accounts.
        devices: knows the browsers that signed in before.
        oauth: what the author says of signing in.
        now: seconds since the epoch.
        report: logs what the author's function fails with.
        takes_demo: whether the demo account may sign in; never in production.
        timeout: for how many seconds the author's function may run.
    """

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        devices: Devices,
        oauth: OAuth,
        *,
        now: Callable[[], float],
        report: Report,
        takes_demo: bool = False,
        timeout: float = _AUTHENTICATE_TIMEOUT,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._devices = devices
        self._authenticate = oauth.authenticate
        self._session_lifetime = seconds(oauth.session_ttl, of="OAuth: session_ttl")
        self._now = now
        self._report = report
        self._takes_demo = takes_demo
        self._timeout = timeout
        self._authenticating = asyncio.Semaphore(_MOST_AUTHENTICATING)

    async def with_password(
        self,
        username: str,
        password: SecretStr,
        *,
        address: str | None,
        device: str | None = None,
        request_id: str = "",
    ) -> SignedIn | SignInRefused:
        """Sign in by name and password, which the author's function checks if there is one.

        Args:
            username: as typed.
            password: as typed.
            address: the browser's network address.
            device: the value of its cookie.
            request_id: for the log.
        """
        name = _builtin_name(username) if self._authenticate is None else _author_name(username)
        request = _Request(username, name, password, network_of(address), device, request_id)
        try:
            if self._authenticate is None:
                return await self._by_password(request)
            return await self._by_author(request)
        except Unavailable as error:
            return _unavailable(error)

    async def with_openid(
        self, identity: Identity, *, issuer: str, address: str | None, request_id: str = ""
    ) -> SignedIn | SignInRefused:
        """Sign in whom an outside OpenID provider vouches for; ``identity.id`` is the ``sub`` of its ID token."""
        try:
            find = self._finder(issuer, usable(identity))
            return await self._database.write(lambda c: self._judge(c, find(c), network_of(address)))
        except UnusableIdentity as error:
            self._report("openid", request_id, error)
            return _unavailable(_not_now())
        except Unavailable as error:
            return _unavailable(error)

    async def _by_password(self, request: _Request) -> SignedIn | SignInRefused:
        self._passwords.ensure_place()  # a try that could not be looked at does not count
        attempt = await self._database.write(partial(self._admit, request=request))
        if isinstance(attempt, SignInRefused):
            return attempt
        stored = attempt.stored
        for _ in range(_MOST_VERIFICATIONS):
            find = await self._verified(request, attempt.account, stored)
            with suppress(_PasswordChanged):
                return await self._database.write(partial(self._settle, request=request, attempt=attempt, find=find))
            found = await self._database.read(lambda c: accounts.password_of(c, request.name))
            stored = found and found[1]
        raise _not_now()

    async def _by_author(self, request: _Request) -> SignedIn | SignInRefused:
        if self._authenticating.locked():
            raise _not_now()
        attempt = await self._database.write(partial(self._admit, request=request))
        if isinstance(attempt, SignInRefused):
            return attempt
        identity = await self._authenticated(request)
        find = _nobody if identity is None else self._finder(AUTHOR, identity)
        return await self._database.write(partial(self._settle, request=request, attempt=attempt, find=find))

    async def _verified(self, request: _Request, account: Account | None, stored: str | None) -> _Find:
        is_right = await self._passwords.verify(stored, request.password)
        if not is_right or account is None or stored is None:
            return _nobody
        kept = stored
        if self._passwords.is_outdated(stored):
            with suppress(Unavailable):  # the next sign-in renews it
                kept = await self._passwords.hash(request.password)

        def find(c: Connection) -> Account | None:
            # An update even where nothing changes: it holds the row, so that the password cannot be changed, nor the
            # account disabled, between this decision and the session that follows from it.
            if not accounts.set_password(c, account.id, kept, replacing=stored):
                raise _PasswordChanged
            return accounts.by_id(c, account.id)

        return find

    async def _authenticated(self, request: _Request) -> Identity | None:
        if self._authenticate is None or not request.name or not is_acceptable(request.password):
            return None
        try:
            async with asyncio.timeout(self._timeout), self._authenticating:
                identity = await self._authenticate(request.username, request.password.get_secret_value())
            return None if identity is None else usable(identity)
        except Exception as error:  # noqa: BLE001 the author's code ends here
            self._report("authenticate", request.id, error)
            raise _not_now() from None

    def _finder(self, provider: str, identity: Identity) -> _Find:
        return lambda c: accounts.ensure(
            c, provider=provider, name=identity.id, display_name=identity.name, now=self._now()
        )

    def _admit(self, c: Connection, request: _Request) -> _Attempt | SignInRefused:
        """Count a try and let it through, or say how long to wait."""
        provider, holder, account, stored = AUTHOR, f"{AUTHOR} {request.name}", None, None
        if self._authenticate is None:
            account, stored = accounts.password_of(c, request.name) or (None, None)
            provider, holder = PASSWORD, account.id if account else ""
        device = self._devices.recognise(request.cookie, holder)
        counted = guessing.counters(
            provider=provider, name=request.name, network=request.network, holder=holder, device=device
        )
        wait = guessing.count(c, counted, self._now())
        if wait is not None:
            # One line a minute tells of a flood; a line for each try would be a flood of its own.
            if throttles.attempt(c, f"audit {wait.kind} {request.network}", _TOLD, self._now()) == 0:
                self._record(c, "throttled", account, request.network, reason=wait.kind)
            return SignInRefused("throttled", wait.seconds)
        return _Attempt(counted, holder, device, account, stored)

    def _settle(self, c: Connection, request: _Request, attempt: _Attempt, find: _Find) -> SignedIn | SignInRefused:
        """Decide about a try; a success forgives those before it."""
        result = self._judge(c, find(c), request.network, named=attempt.account)
        if isinstance(result, SignInRefused):
            return result
        guessing.forgive(c, attempt.counters)
        return SignedIn(result.account, result.session, self._devices.issue(attempt.holder, attempt.device))

    def _judge(
        self, c: Connection, account: Account | None, network: str, *, named: Account | None = None
    ) -> SignedIn | SignInRefused:
        objection = "wrong" if account is None else self._objection(account)
        self._record(c, "refused" if objection else "ok", account or named, network, reason=objection)
        if account is None or objection:
            return SignInRefused("wrong")
        return SignedIn(account, sessions.start(c, account.id, now=self._now(), lifetime=self._session_lifetime))

    def _objection(self, account: Account) -> str | None:
        if account.is_disabled:
            return "disabled"
        return "demo" if account.is_demo and not self._takes_demo else None

    def _record(
        self, c: Connection, outcome: str, account: Account | None, network: str, *, reason: str | None
    ) -> None:
        # Never the name as typed, which may be a password in the wrong field.
        subject = account.id if account else None
        audit.record(c, "sign_in", at=self._now(), outcome=outcome, subject=subject, address=network, reason=reason)


def _nobody(_: Connection) -> None:
    return None


def _builtin_name(username: str) -> str:
    try:
        return username_key(username)
    except InvalidInput:
        return ""


def _author_name(username: str) -> str:
    if len(username) > _LONGEST_NAME or not username.isprintable():
        return ""
    return unicodedata.normalize("NFKC", username).casefold().strip()


def _not_now() -> Unavailable:
    return Unavailable("Nobody can sign in now; try again in a moment", retry_after=1)


def _unavailable(error: Unavailable) -> SignInRefused:
    return SignInRefused("unavailable", math.ceil(error.retry_after or 1))
