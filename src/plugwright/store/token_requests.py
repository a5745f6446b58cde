"""Token requests: using a code or a refresh token, and issuing what it gives, in one transaction.

An identical repeat within ten seconds gets the same answer again, any other second use ends the family
(docs/decisions/0012-repeated-token-requests.md). What is refused is returned rather than raised, for the revocation
that goes with it has to be kept.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from sqlalchemy import Connection, Row, Table, Update, bindparam, insert, update

from plugwright.store import audit
from plugwright.store.grants import is_live, revoke, with_grant
from plugwright.store.sealed import seal, unseal
from plugwright.store.secret_values import digest, new_secret
from plugwright.store.tables import access_tokens, codes, refresh_tokens

REPEATABLE_FOR = 10.0  # seconds

INVALID_GRANT = "invalid_grant"
INVALID_SCOPE = "invalid_scope"
INVALID_TARGET = "invalid_target"


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """For how many seconds tokens are valid; ``refresh`` absent: the client gets no refresh token."""

    access: float
    refresh: float | None


@dataclass(frozen=True, slots=True)
class CodeUse:
    """A token request with a code, from an authenticated client."""

    client_id: str
    code: str = field(repr=False)
    redirect_uri: str | None
    verifier: str | None = field(repr=False)
    resource: str | None

    @property
    def digest(self) -> bytes:
        """Identifies the request: a repeat has the same."""
        return _digest_of("code", self.client_id, self.code, self.redirect_uri, self.verifier, self.resource)


@dataclass(frozen=True, slots=True)
class RefreshUse:
    """A token request with a refresh token, from an authenticated client."""

    client_id: str
    token: str = field(repr=False)
    scopes: frozenset[str] | None
    resource: str | None

    @property
    def digest(self) -> bytes:
        """Identifies the request: a repeat has the same."""
        scope = None if self.scopes is None else " ".join(sorted(self.scopes))
        return _digest_of("refresh", self.client_id, self.token, scope, self.resource)


@dataclass(frozen=True, slots=True)
class Issued:
    """The JSON of a token response (RFC 6749 §5.1), for whom; ``is_repeat``: the one that was given before."""

    answer: bytes = field(repr=False)
    subject: str
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """The error of a token response (RFC 6749 §5.2). ``revoked``: the whole family was, because of this request."""

    error: str
    description: str
    revoked: bool = False


def redeem(c: Connection, use: CodeUse, lifetimes: Lifetimes, now: float) -> Issued | Refused:
    """Use a code: its tokens, the same tokens again for an identical repeat, or a refusal (RFC 6749 §4.1.3)."""
    row = c.execute(_FIND_CODE, {"digest": digest(use.code)}).one_or_none()
    if row is None:
        return Refused(INVALID_GRANT, "The code is not valid")
    if row.used_at is not None:
        return _used_before(c, row, use.code, use.digest, "code_reused", now)
    refused = _code_problem(row, use, now)
    if refused is not None:
        return refused
    issued = _issue(c, row, frozenset(row.scopes), lifetimes, now)
    c.execute(_USE_CODE, _used(row.digest, use.digest, issued, use.code, now))
    return issued


def rotate(c: Connection, use: RefreshUse, lifetimes: Lifetimes, now: float) -> Issued | Refused:
    """Use a refresh token: new tokens, the same again for an identical repeat, or a refusal (RFC 6749 §6)."""
    row = c.execute(_FIND_REFRESH, {"digest": digest(use.token)}).one_or_none()
    if row is None:
        return Refused(INVALID_GRANT, "The refresh token is not valid")
    if row.used_at is not None:
        return _used_before(c, row, use.token, use.digest, "refresh_token_reused", now)
    refused = _refresh_problem(row, use, now)
    if refused is not None:
        return refused
    issued = _issue(c, row, use.scopes or frozenset(row.scopes), lifetimes, now)
    c.execute(_USE_REFRESH, _used(row.digest, use.digest, issued, use.token, now))
    return issued


def _used_before(  # noqa: PLR0917 one form for both kinds of credential
    c: Connection, row: Row[Any], credential: str, request_digest: bytes, because: str, now: float
) -> Issued | Refused:
    """The same answer for the same request within the time of grace; otherwise the family ends (RFC 9700 §4.14.2)."""
    if (
        compare_digest(row.request_digest, request_digest)
        and now - row.used_at <= REPEATABLE_FOR
        and row.sealed_answer is not None
        and is_live(row, now)
    ):
        return Issued(unseal(row.sealed_answer, credential), row.account_id, is_repeat=True)
    if revoke(c, row.grant_id, because, now):
        audit.record(
            c, because, at=now, outcome="revoked", subject=row.account_id, client_id=row.client_id, grant=row.grant_id
        )
    return Refused(INVALID_GRANT, "It was used before; everything issued for it has been revoked", revoked=True)


def _code_problem(row: Row[Any], use: CodeUse, now: float) -> Refused | None:
    if row.expires_at <= now:
        return Refused(INVALID_GRANT, "The code has expired")
    if row.client_id != use.client_id or not is_live(row, now):
        return Refused(INVALID_GRANT, "The code is not valid")
    if use.redirect_uri != row.redirect_uri and not (use.redirect_uri is None and row.challenge is not None):
        # OAuth 2.1 leaves redirect_uri out: PKCE binds the code already.
        return Refused(INVALID_GRANT, "redirect_uri differs from that of the authorization request")
    if not _is_verified(row.challenge, use.verifier):
        return Refused(INVALID_GRANT, "code_verifier does not match the code_challenge")
    if use.resource is not None and use.resource != row.resource:
        return Refused(INVALID_TARGET, "resource differs from that of the authorization request")
    return None


def _refresh_problem(row: Row[Any], use: RefreshUse, now: float) -> Refused | None:
    if row.client_id != use.client_id or not is_live(row, now):
        return Refused(INVALID_GRANT, "The refresh token is not valid")
    if row.expires_at <= now:
        return Refused(INVALID_GRANT, "The refresh token has expired")
    if use.scopes is not None and not use.scopes <= frozenset(row.scopes):
        return Refused(INVALID_SCOPE, "scope exceeds what the user allowed")
    if use.resource is not None and use.resource != row.resource:
        return Refused(INVALID_TARGET, "resource differs from that of the authorization request")
    return None


def _is_verified(challenge: str | None, verifier: str | None) -> bool:
    """RFC 7636 §4.6, S256. A verifier without a challenge is a downgrade (RFC 9700 §4.8.2)."""
    if challenge is None or verifier is None:
        return challenge is None and verifier is None
    made = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=")
    return compare_digest(made, challenge.encode())


def _issue(c: Connection, row: Row[Any], scopes: frozenset[str], lifetimes: Lifetimes, now: float) -> Issued:
    access_token = new_secret("pw_at")
    expires_in = max(1.0, min(lifetimes.access, row.ends_at - now))
    answer: dict[str, Any] = {
        "access_token": access_token,
        "token_type": "bearer",
        "expires_in": int(expires_in),
        "scope": " ".join(sorted(scopes)),
    }
    c.execute(
        _INSERT_ACCESS,
        {
            "digest": digest(access_token),
            "grant_id": row.grant_id,
            "scopes": sorted(scopes),
            "issued_at": now,
            "expires_at": now + expires_in,
        },
    )
    if lifetimes.refresh is not None:
        answer["refresh_token"] = refresh_token = new_secret("pw_rt")
        c.execute(
            _INSERT_REFRESH,
            {
                "digest": digest(refresh_token),
                "grant_id": row.grant_id,
                "issued_at": now,
                "expires_at": min(now + lifetimes.refresh, row.ends_at),
            },
        )
    return Issued(json.dumps(answer).encode(), row.account_id, is_repeat=False)


def _used(stored: bytes, request_digest: bytes, issued: Issued, credential: str, now: float) -> Mapping[str, Any]:
    return {
        "presented": stored,
        "used_at": now,
        "request_digest": request_digest,
        "sealed_answer": seal(issued.answer, credential),
    }


def _digest_of(*parts: str | None) -> bytes:
    return sha256(json.dumps(parts).encode()).digest()


def _use(table: Table) -> Update:
    return (
        update(table)
        .where(table.c.digest == bindparam("presented"))
        .values(
            used_at=bindparam("used_at"),
            request_digest=bindparam("request_digest"),
            sealed_answer=bindparam("sealed_answer"),
        )
    )


_INSERT_ACCESS = insert(access_tokens)
_INSERT_REFRESH = insert(refresh_tokens)
# Locked: of parallel requests the others wait for the first.
_FIND_CODE = with_grant(codes).with_for_update(of=codes)
_FIND_REFRESH = with_grant(refresh_tokens).with_for_update(of=refresh_tokens)
_USE_CODE = _use(codes)
_USE_REFRESH = _use(refresh_tokens)
