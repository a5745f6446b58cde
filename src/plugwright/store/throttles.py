"""Throttles: attempts that are admitted ever more slowly, and never refused for good."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Double, Integer, bindparam, case, delete, literal, select

from plugwright.store.secret_values import digest
from plugwright.store.tables import throttles
from plugwright.store.upserts import Insert, has_written, upsert

_MOST_DOUBLINGS = 20


@dataclass(frozen=True, slots=True)
class Policy:
    """How many attempts are free, and how long the others wait, in seconds.

    After ``free`` attempts the next one waits ``first_delay``, each further one twice as long, up to
    ``longest_delay``. ``memory`` without an attempt, and it begins anew.
    """

    free: int
    first_delay: float
    longest_delay: float
    memory: float


_NOW = bindparam("now", type_=Double[float]())
_FREE = bindparam("free", type_=Integer())
_FIRST = bindparam("first_delay", type_=Double[float]())
_LONGEST = bindparam("longest_delay", type_=Double[float]())


def _put(new: Insert) -> Insert:
    attempts = case((throttles.c.expires_at <= _NOW, 1), else_=throttles.c.attempts + 1)
    doublings = attempts - _FREE
    capped = case((doublings > _MOST_DOUBLINGS, _MOST_DOUBLINGS), (doublings < 0, 0), else_=doublings)
    grown: ColumnElement[float] = _FIRST * literal(1).bitwise_lshift(capped)
    delay = case((attempts < _FREE, 0.0), (grown > _LONGEST, _LONGEST), else_=grown)
    changes: dict[str, Any] = {
        "attempts": attempts,
        "blocked_until": _NOW + delay,
        "expires_at": new.excluded["expires_at"],
    }
    return new.on_conflict_do_update(index_elements=["key"], set_=changes, where=throttles.c.blocked_until <= _NOW)


# One statement decides and counts, so that parallel attempts are admitted one by one.
_ATTEMPT = upsert(lambda insert: _put(insert(throttles)))
_BLOCKED_UNTIL = select(throttles.c.blocked_until).where(throttles.c.key == bindparam("digest"))
_FORGIVE = delete(throttles).where(throttles.c.key == bindparam("digest"))


def attempt(c: Connection, key: str, policy: Policy, now: float) -> float:
    """Zero if an attempt is admitted, which then counts; else the seconds until one will be."""
    row = {
        "key": digest(key),
        "attempts": 1,
        "blocked_until": now + (policy.first_delay if policy.free <= 1 else 0.0),
        "expires_at": now + policy.memory,
        "now": now,
        "free": policy.free,
        "first_delay": policy.first_delay,
        "longest_delay": policy.longest_delay,
    }
    if has_written(c, _ATTEMPT, row):
        return 0.0
    blocked_until = c.execute(_BLOCKED_UNTIL, {"digest": digest(key)}).scalar()
    # Forgiven in between: the next attempt will tell.
    return policy.first_delay if blocked_until is None else max(blocked_until - now, 0.001)


def forgive(c: Connection, key: str) -> None:
    """Forget the attempts."""
    c.execute(_FORGIVE, {"digest": digest(key)})
