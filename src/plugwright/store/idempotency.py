"""Idempotency keys: which call one stands for, whether it runs, and how it ended.

A call is noted before it runs, by whoever inserts its row; how it ended is sealed under the key that was presented for
it. Of the key there is a digest only.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select, update

from plugwright.store.sealed import seal, unseal
from plugwright.store.secret_values import new_id
from plugwright.store.tables import idempotency_keys
from plugwright.store.upserts import Insert, has_written, upsert

_LABEL = b"plugwright idempotent request"


@dataclass(frozen=True, slots=True)
class KeyedCall:
    """A call with an idempotency key.

    ``digest`` stands for who calls what under which key. ``credentials`` hold the key: what is kept is sealed under the
    first; the others opened what was kept before the operator's secret changed.
    """

    digest: bytes
    payload: bytes = field(repr=False)
    credentials: Sequence[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Terms:
    """Times of a call, in seconds: now since the epoch, how long it may run, how long its answer is kept.

    ``may_repeat``: a call whose end nobody told may run again.
    """

    now: float
    lease: float
    retention: float
    may_repeat: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """The call is to run now. ``holder`` names this run."""

    holder: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The call has run, with this answer."""

    answer: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Running:
    """The call is running."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The call began, and nobody told how it ended."""


@dataclass(frozen=True, slots=True)
class Other:
    """The key stands for a call with another input."""


def claim(c: Connection, call: KeyedCall, terms: Terms) -> Claimed | Ended | Running | Lost | Other:
    """Note that a call is to run, unless its key has been used."""
    holder = new_id("run")
    requests = [_request_digest(call, credential) for credential in call.credentials]
    row = {
        "digest": call.digest,
        "request_digest": requests[0],
        "holder": holder,
        "lease_until": terms.now + terms.lease,
        "sealed_answer": None,
        "expires_at": terms.now + terms.retention,
        "now": terms.now,
    }
    if has_written(c, _CLAIM, row):
        return Claimed(holder)
    found = c.execute(_FIND, {"key": call.digest}).one_or_none()
    if found is None:  # swept meanwhile, by a clock that is ahead of ours
        return Running()
    return _used_before(c, found, requests, call, terms, holder)


def finish(c: Connection, call: KeyedCall, holder: str, answer: bytes) -> None:
    """Keep how a run ended, unless another has taken its place."""
    c.execute(_FINISH, {"key": call.digest, "run": holder, "answer": seal(answer, call.credentials[0])})


def release(c: Connection, call: KeyedCall, holder: str) -> None:
    """Forget a run, so that the call may begin anew."""
    c.execute(_RELEASE, {"key": call.digest, "run": holder})


def _used_before(  # noqa: PLR0917 one form, for one caller
    c: Connection, row: Row[*tuple[Any, ...]], requests: list[bytes], call: KeyedCall, terms: Terms, holder: str
) -> Claimed | Ended | Running | Lost | Other:
    matching = [
        credential
        for credential, request in zip(call.credentials, requests, strict=True)
        if hmac.compare_digest(row.request_digest, request)
    ]
    if not matching:
        return Other()
    if row.sealed_answer is not None:
        return Ended(unseal(row.sealed_answer, matching[0]))
    if row.lease_until > terms.now:
        return Running()
    if not terms.may_repeat:
        return Lost()
    c.execute(_TAKE_OVER, {"key": call.digest, "run": holder, "until": terms.now + terms.lease})
    return Claimed(holder)


def _request_digest(call: KeyedCall, credential: str) -> bytes:
    return hmac.digest(credential.encode(), _LABEL + call.payload, "sha256")


_ROW = idempotency_keys.c
_THIS = _ROW.digest == bindparam("key")
_THIS_RUN = (_THIS, _ROW.holder == bindparam("run"), _ROW.sealed_answer.is_(None))


def _claiming(insert: Any) -> Insert:
    """Insert a row, or write over one that has expired."""
    statement = insert(idempotency_keys)
    taken = {name: statement.excluded[name] for name in _ROW.keys() if name != "digest"}  # noqa: SIM118 no mapping
    return statement.on_conflict_do_update(
        index_elements=[_ROW.digest], set_=taken, where=_ROW.expires_at <= bindparam("now")
    )


_CLAIM = upsert(_claiming)
# Locked: whoever takes a lost run over does so alone.
_FIND = select(_ROW.request_digest, _ROW.sealed_answer, _ROW.lease_until).where(_THIS).with_for_update()
_FINISH = update(idempotency_keys).where(*_THIS_RUN).values(sealed_answer=bindparam("answer"))
_RELEASE = delete(idempotency_keys).where(*_THIS_RUN)
_TAKE_OVER = update(idempotency_keys).where(_THIS).values(holder=bindparam("run"), lease_until=bindparam("until"))
