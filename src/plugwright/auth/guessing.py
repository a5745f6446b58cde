"""Guessing passwords is slowed by counters, none of which ever locks anybody out for good.

Every try counts against its network address and against the account that it names, known or not. A browser that has
signed in to the account before counts on its own instead, so that strangers who guess do not hold up the person whose
account it is. A try counts before its password is looked at.
"""

import math
from dataclasses import dataclass

from sqlalchemy import Connection

from plugwright.auth.devices import Device
from plugwright.store import throttles
from plugwright.store.throttles import Policy

_HOUR = 3600.0

PER_ACCOUNT = Policy(free=10, first_delay=30.0, longest_delay=900.0, memory=12 * _HOUR)
"""Browsers that are new to the account, all together."""
PER_DEVICE = Policy(free=5, first_delay=30.0, longest_delay=900.0, memory=12 * _HOUR)
"""One browser that has signed in to the account before."""
PER_KNOWN_DEVICES = Policy(free=20, first_delay=30.0, longest_delay=300.0, memory=12 * _HOUR)
"""All of those together: whoever once knew the password may have collected many cookies."""
PER_ADDRESS = Policy(free=100, first_delay=1.0, longest_delay=15.0, memory=_HOUR)
"""One network address, behind which may be a whole school; the accounts have counters of their own."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Something that tries are counted against. ``kind`` is a word for the audit log."""

    kind: str
    key: str
    policy: Policy
    is_forgiven: bool = True

    @property
    def name(self) -> str:
        """What the throttle knows it by."""
        return f"sign-in {self.kind} {self.key}"


@dataclass(frozen=True, slots=True)
class Wait:
    """A try that is not let through: for how long, and by which counter."""

    seconds: int
    kind: str


def counters(*, provider: str, name: str, network: str, holder: str, device: Device | None) -> tuple[Counter, ...]:
    """What a try counts against.

    Args:
        provider: which kind of account it is for.
        name: the account's name, as typed.
        network: where it comes from, see `network_of`.
        holder: to whom the device belongs.
        device: the browser, if it has signed in to the account before.
    """
    if device is not None:
        return (
            Counter("device", f"{device.id} {holder}", PER_DEVICE),
            Counter("known_devices", holder, PER_KNOWN_DEVICES),
        )
    return (
        # First: an address that has to wait takes no try from the account. A success does not clear it, or an account
        # of one's own would buy guesses at others.
        Counter("address", network, PER_ADDRESS, is_forgiven=False),
        Counter("account", f"{provider} {name}", PER_ACCOUNT),
    )


def count(c: Connection, counted: tuple[Counter, ...], now: float) -> Wait | None:
    """Count a try, or say how long to wait."""
    for counter in counted:
        seconds = throttles.attempt(c, counter.name, counter.policy, now)
        if seconds > 0:
            return Wait(math.ceil(seconds), counter.kind)
    return None


def forgive(c: Connection, counted: tuple[Counter, ...]) -> None:
    """Forget the tries before a success."""
    for counter in counted:
        if counter.is_forgiven:
            throttles.forgive(c, counter.name)
