"""Limits of calls: whose call it is, whether there is room for it, and what its reply says of the limits.

The header fields are those of draft-ietf-httpapi-ratelimit-headers-10: ``RateLimit-Policy`` names every limit with its
quota and window, ``RateLimit`` says what is left of it and in how many seconds there is more.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal, NamedTuple, Protocol

from plugwright.calls.windows import MovingWindow
from plugwright.errors import TooManyCalls
from plugwright.operations.limits import Limit, LimitBy, Limits
from plugwright.principal import Principal
from plugwright.web.asgi import Headers

KeyOf = Callable[[Principal | None, str], str]
"""Whose call it is, from who calls and the network it comes from."""


@dataclass(slots=True)
class LimitCounts:
    """What one limiter decided, for the operator."""

    admitted: int = 0
    refused: int = 0


class Limiter(Protocol):
    """The limits of one operation. ``counts`` are of what was decided in this process, or together in Valkey."""

    @property
    def counts(self) -> Mapping[Literal["process", "valkey"], LimitCounts]:
        """What was decided, by where calls were counted."""
        ...

    def admit(self, principal: Principal | None, address: str) -> Headers | Awaitable[Headers]:
        """Count a call, and give the header fields for its reply; at once where nobody else has to be asked.

        Raises:
            TooManyCalls: there is no room for it; nothing is counted.
        """
        ...


@dataclass(frozen=True, slots=True)
class Counted:
    """One limit that calls are counted against.

    ``name`` is the policy's in header fields: unlike that of any other limit of the plugin. ``item`` formats what is
    left and when there is more.
    """

    name: str
    limit: Limit
    key_of: KeyOf
    window: MovingWindow
    item: bytes


class Standing(NamedTuple):
    """What is left of a limit to whoever calls, and in how many seconds there is more."""

    counted: Counted
    remaining: int
    wait: float


def count_against(limits: Limits, operation: str | None, window_of: Callable[[Limit], MovingWindow]) -> list[Counted]:
    """The limits of an operation, or of the whole plugin where none is named, ready for counting."""
    found: list[Counted] = []
    for limit in limits.limits:
        name = f"{operation}.{limit.period}" if operation else limit.period
        item = f'"{name}";r=%d;t=%d'.encode()
        found.append(Counted(name, limit, _KEYS[limits.by], window_of(limit), item))
    return found


def policy_header(counted: Iterable[Counted]) -> tuple[bytes, bytes]:
    """The field that names all limits, the same in every reply."""
    items = (f'"{each.name}";q={each.limit.calls};w={each.limit.window}' for each in counted)
    return b"ratelimit-policy", ", ".join(items).encode()


def standing_header(standings: Iterable[Standing]) -> tuple[bytes, bytes]:
    """The field that says what is left."""
    return b"ratelimit", b", ".join(counted.item % (remaining, ceil(wait)) for counted, remaining, wait in standings)


def refusal(exceeded: Sequence[Standing], policy: tuple[bytes, bytes]) -> TooManyCalls:
    """The error for a call that at least one limit has no room for.

    Only those limits are in its header fields: what is left of others lets nobody call earlier.
    """
    counted, _, wait = max(exceeded, key=lambda standing: standing.wait)
    seconds = max(1, ceil(wait))
    return TooManyCalls(
        f"There may be {counted.limit.text} calls here; call again in {seconds} s",
        limit=counted.limit.text,
        reset=seconds,
        retry_after=seconds,
        headers=(policy, standing_header(exceeded)),
    )


class LocalLimiter:
    """Counts in this process; nothing is waited for."""

    __slots__ = ("_clock", "_counted", "_counts", "_policy")

    def __init__(self, counted: Sequence[Counted], clock: Callable[[], float]) -> None:
        self._counted = [(each, each.key_of, each.window, each.window.most) for each in counted]
        self._clock = clock
        self._policy = policy_header(counted)
        self._counts = LimitCounts()

    @property
    def counts(self) -> Mapping[Literal["process", "valkey"], LimitCounts]:
        """What was decided."""
        return {"process": self._counts}

    def admit(self, principal: Principal | None, address: str) -> Headers:
        """Count a call, and give the header fields for its reply.

        Raises:
            TooManyCalls: there is no room for it.
        """
        now = self._clock()
        if len(self._counted) == 1:
            # Most operations have one limit, and this is on the path of every call.
            [(counted, key_of, window, most)] = self._counted
            used = window.used(key_of(principal, address), now)
            left = most - used.calls - 1
            if left >= 0:
                window.count(used, now)
                self._counts.admitted += 1
                return [self._policy, (b"ratelimit", counted.item % (left, ceil(used.slots[0][0] - now)))]
        return self._admit_all(principal, address, now)

    def _admit_all(self, principal: Principal | None, address: str, now: float) -> Headers:
        found = [(each[0], each[2], each[2].used(each[1](principal, address), now)) for each in self._counted]
        exceeded = [
            Standing(counted, 0, used.slots[0][0] - now) for counted, window, used in found if used.calls >= window.most
        ]
        if exceeded:
            self._counts.refused += 1
            raise refusal(exceeded, self._policy)
        self._counts.admitted += 1
        standings: list[Standing] = []
        for counted, window, used in found:
            window.count(used, now)
            standings.append(Standing(counted, window.most - used.calls, used.slots[0][0] - now))
        return [self._policy, standing_header(standings)]


def compile_limiters(
    operations: Mapping[str, Limits | None],
    plugin: Limits | None,
    *,
    clock: Callable[[], float] = time.monotonic,
    make: Callable[[Sequence[Counted]], Limiter] | None = None,
) -> dict[str, Limiter]:
    """The limiters by operation, of those that have limits; the plugin's own count all operations together.

    ``make`` makes them where processes count together.
    """
    shared = count_against(plugin, None, _window) if plugin is not None else []
    limiters: dict[str, Limiter] = {}
    for name, limits in operations.items():
        own = count_against(limits, name, _window) if limits is not None else []
        if own or shared:
            limiters[name] = make([*own, *shared]) if make is not None else LocalLimiter([*own, *shared], clock)
    return limiters


def _window(limit: Limit) -> MovingWindow:
    return MovingWindow(limit.calls, limit.window)


def _by_principal(principal: Principal | None, address: str) -> str:
    return "user " + principal.subject if principal is not None else "address " + address


def _by_client(principal: Principal | None, address: str) -> str:
    if principal is None or principal.client is None:
        return _by_principal(principal, address)
    return "client " + principal.client


def _by_address(principal: Principal | None, address: str) -> str:  # noqa: ARG001 one form for all
    return "address " + address


_KEYS: Mapping[LimitBy, KeyOf] = {"principal": _by_principal, "client": _by_client, "address": _by_address}
