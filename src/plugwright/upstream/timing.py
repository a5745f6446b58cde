"""The clocks, pauses and chance of an upstream in one place, so that tests can bring their own."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """How time passes.

    Args:
        clock: seconds that only grow.
        now: seconds since the epoch, for dates that services send.
        sleep: waits for some seconds.
        between: a number between two, by chance.
    """

    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    between: Callable[[float, float], float] = random.uniform


REAL_TIME = Timing()
"""Time as it is."""
