"""Things that belong to an event loop, such as connections: one each, made when first needed, closed with the loop."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Generic, TypeVar

ValueT = TypeVar("ValueT")


class PerLoop(Generic[ValueT]):
    """One value per event loop.

    A value that nobody closes before is closed when its loop ends: it lives in an asynchronous generator, and whatever
    runs a loop to its end (`asyncio.run`, a server) closes those.
    """

    def __init__(self, make: Callable[[], ValueT], close: Callable[[ValueT], Awaitable[None]]) -> None:
        self._make = make
        self._close = close
        self._kept: dict[asyncio.AbstractEventLoop, tuple[ValueT, AsyncGenerator[None]]] = {}

    async def get(self) -> ValueT:
        """The value of the running loop."""
        loop = asyncio.get_running_loop()
        kept = self._kept.get(loop)
        if kept is not None:
            return kept[0]
        value = self._make()
        life = self._live(loop, value)
        self._kept[loop] = (value, life)
        await anext(life)  # from here on the loop knows it
        return value

    def values(self) -> list[ValueT]:
        """Those of all loops."""
        return [value for value, _ in self._kept.values()]

    async def aclose(self) -> None:
        """Close the value of the running loop; the next `get` makes another."""
        kept = self._kept.get(asyncio.get_running_loop())
        if kept is not None:
            await kept[1].aclose()

    async def _live(self, loop: asyncio.AbstractEventLoop, value: ValueT) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            self._kept.pop(loop, None)
            await self._close(value)
