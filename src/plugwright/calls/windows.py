"""Counting calls by key in a moving window: never more than so many within any so long."""

from collections import deque

_MOST_SLOTS = 1000
_MOST_KEYS = 10_000


class Used:
    """What one key has used: slots of an end and a count, the oldest first, and the counts' sum."""

    __slots__ = ("calls", "slots")

    def __init__(self) -> None:
        self.calls = 0
        self.slots: deque[list[float]] = deque()


class MovingWindow:
    """At most ``most`` calls of a key within any ``seconds``, counted in this process.

    Up to 1,000 calls are each remembered until they leave the window. Beyond that, calls within a thousandth of the
    window share a slot, which ends when the last of them may: so a key never takes more than 1,001 slots, and never
    gets a call too many.

    Keys live in two generations. What nobody asked for during a whole window has nothing left to count, and goes with
    the older one. The same happens early when ``keys`` have come within a window: then those that were seen longest ago
    are forgotten.
    """

    __slots__ = ("_grain", "_keys", "_new", "_old", "_turn", "most", "seconds")

    def __init__(self, most: int, seconds: float, *, keys: int = _MOST_KEYS) -> None:
        self.most = most
        self.seconds = seconds
        self._grain = 0.0 if most <= _MOST_SLOTS else seconds / _MOST_SLOTS
        self._keys = keys
        self._new: dict[str, Used] = {}
        self._old: dict[str, Used] = {}
        self._turn = 0.0

    def used(self, key: str, now: float) -> Used:
        """What a key has used by ``now``, in seconds of a clock that never goes back."""
        if now >= self._turn or len(self._new) >= self._keys:
            self._old, self._new = (self._new if now < self._turn + self.seconds else {}), {}
            self._turn = now + self.seconds
        used = self._new.get(key)
        if used is None:
            used = self._new[key] = self._old.pop(key, None) or Used()
        slots = used.slots
        while slots and slots[0][0] <= now:
            used.calls -= int(slots.popleft()[1])
        return used

    def count(self, used: Used, now: float) -> None:
        """Count one call, for which there is room."""
        ends = now + self.seconds
        slots = used.slots
        if slots and ends < slots[-1][0]:
            slots[-1][1] += 1
        else:
            slots.append([ends + self._grain, 1])
        used.calls += 1

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._new) + len(self._old)
