"""How many requests one service gets at a time, and how long others wait for their turn."""

import asyncio

_WAITERS_PER_PLACE = 10


class GateFull(Exception):
    """There was no turn within the time, or too many wait already."""


class Gate:
    """``places`` at a time, in the order in which they came. Who waits longer than ``patience`` seconds is refused."""

    def __init__(self, places: int, patience: float) -> None:
        self.places = places
        """How many may be inside."""
        self._turns = asyncio.Semaphore(places)
        self._patience = patience
        self._most = places * _WAITERS_PER_PLACE
        self.running = 0
        """How many are inside."""
        self.waiting = 0
        """How many wait."""

    async def enter(self) -> None:
        """Wait for a place; `leave` gives it back.

        Raises:
            GateFull: there is none in time.
        """
        if self._turns.locked():
            await self._queue()
        else:
            await self._turns.acquire()  # free: this does not wait, and needs no timer
        self.running += 1

    def leave(self) -> None:
        """Give the place to the next."""
        self.running -= 1
        self._turns.release()

    async def _queue(self) -> None:
        if self.waiting >= self._most:
            raise GateFull
        self.waiting += 1
        patience = asyncio.timeout(self._patience)
        try:
            async with patience:
                await self._turns.acquire()
        except TimeoutError:
            if not patience.expired():
                raise
            raise GateFull from None
        finally:
            self.waiting -= 1
