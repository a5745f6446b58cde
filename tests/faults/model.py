"""What an authorization server ought to do, written down as plainly as possible: the other side of the comparison."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tests.auth.server.flows import Client, Pkce

ACCESS_TTL: Final = 3600.0
REFRESH_TTL: Final = 30 * 86_400.0
GRANT_TTL: Final = 365 * 86_400.0
CODE_TTL: Final = 60.0
REPEATABLE_FOR: Final = 10.0
DAY: Final = 86_400.0

Identity = tuple[object, ...]
"""What makes one token request the same as another."""


@dataclass
class User:
    """A person with an account, once they have signed in."""

    name: str
    password: str
    account_id: str | None = None
    is_disabled: bool = False


@dataclass
class Access:
    """An access token that was issued."""

    token: str
    scopes: frozenset[str]
    expires_at: float
    is_revoked: bool = False


@dataclass
class Credential:
    """A code or a refresh token: used once, by one request, with one answer."""

    text: str
    expires_at: float
    used_at: float | None = None
    used_by: Identity | None = None
    answer: str | None = None
    is_gone: bool = False  # swept


@dataclass
class Family:
    """What one consent gave."""

    grant_id: str
    client: Client
    user: User
    scopes: frozenset[str]
    resource: str
    pair: Pkce
    code: Credential
    ends_at: float
    revoked_at: float | None = None
    refreshes: list[Credential] = field(default_factory=list[Credential])
    accesses: list[Access] = field(default_factory=list[Access])
    is_gone: bool = False

    def is_live(self, now: float) -> bool:
        """Whether anything of it is worth something."""
        return self.revoked_at is None and not self.user.is_disabled and self.ends_at > now

    def revoke(self, now: float) -> None:
        """End it, once and for all."""
        if self.revoked_at is None:
            self.revoked_at = now

    def accepts(self, access: Access, now: float) -> bool:
        """Whether an access token is valid."""
        return self.is_live(now) and not access.is_revoked and access.expires_at > now and not self.is_gone


@dataclass(frozen=True)
class TokenRequest:
    """A token request with a credential of a family. ``is_right``: it may be the one that uses it."""

    family: Family
    credential: Credential
    client: Client
    identity: Identity
    scopes: frozenset[str]
    is_right: bool


def judge(request: TokenRequest, now: float) -> str:
    """``issue``, ``repeat`` or ``refuse``; a second use that is no repeat revokes the family."""
    family, credential = request.family, request.credential
    if credential.is_gone or family.is_gone:
        return "refuse"
    if credential.used_at is not None:
        is_repeat = credential.used_by == request.identity and now - credential.used_at <= REPEATABLE_FOR
        if is_repeat and family.is_live(now):
            return "repeat"
        family.revoke(now)
        return "refuse"
    is_usable = request.is_right and credential.expires_at > now and family.is_live(now)
    return "issue" if is_usable else "refuse"


@dataclass
class World:
    """Everybody and everything that there is."""

    users: list[User]
    clients: list[Client] = field(default_factory=list[Client])
    registered_at: dict[str, float] = field(default_factory=dict[str, float])
    families: list[Family] = field(default_factory=list[Family])
    remembered: dict[Identity, frozenset[str]] = field(default_factory=dict[Identity, frozenset[str]])
    """Consents: what users allowed last, by account, client and resource."""

    @property
    def present(self) -> list[Family]:
        """The families that have not been swept."""
        return [family for family in self.families if not family.is_gone]

    @property
    def used(self) -> list[Family]:
        """The families whose code has been used."""
        return [family for family in self.families if family.accesses]

    def revoke_user(self, user: User, now: float) -> None:
        """End everything that a user allowed."""
        for family in self.families:
            if family.user is user:
                family.revoke(now)

    def sweep(self, now: float) -> None:
        """Forget what is too old to matter."""
        used = {family.client.id for family in self.families}
        self.clients = [
            client for client in self.clients if client.id in used or self.registered_at[client.id] > now - 30 * DAY
        ]
        for family in self.families:
            is_old = family.revoked_at is not None and family.revoked_at <= now - 30 * DAY
            family.is_gone = family.is_gone or is_old or family.ends_at <= now - 30 * DAY
            family.code.is_gone = family.code.is_gone or family.code.expires_at <= now - DAY
            for refresh in family.refreshes:
                refresh.is_gone = refresh.is_gone or refresh.expires_at <= now
