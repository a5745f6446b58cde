"""Ids for requests: unique over processes and restarts, cheap to make, without meaning."""

import itertools
import secrets
from collections.abc import Callable


def request_ids() -> Callable[[], str]:
    """A function that gives a new id at each call: 64 random bits of the process, then a counter."""
    prefix = secrets.token_hex(8) + "-"
    count = itertools.count(1)
    return lambda: prefix + str(next(count))
