"""The database of a plugin that may do without: opened when something first needs it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TYPE_CHECKING

from plugwright.errors import PlugwrightError, Unavailable

if TYPE_CHECKING:
    from plugwright.store.database import Database


class DatabaseOnDemand:
    """A database that is open already, or is opened once and stays open until `close`.

    Args:
        database: the one that is open.
        opening: opens one.
        report: logs why it could not.
    """

    def __init__(
        self,
        database: "Database | None",
        opening: Callable[[], AbstractAsyncContextManager["Database"]],
        report: Callable[[Exception], None],
    ) -> None:
        self._database = database
        self._opening = opening
        self._report = report
        self._turn = asyncio.Lock()
        self._stack = AsyncExitStack()

    async def opened(self) -> "Database":
        """The database.

        Raises:
            Unavailable: it cannot be opened; the log says why.
        """
        if self._database is None:
            async with self._turn:
                await self._open()
        assert self._database is not None  # noqa: S101 as `_open` says
        return self._database

    async def close(self) -> None:
        """Close the database, if it was opened here."""
        await self._stack.aclose()

    async def _open(self) -> None:
        if self._database is not None:
            return
        try:
            self._database = await self._stack.enter_async_context(self._opening())
        except PlugwrightError as error:
            self._report(error)
            raise Unavailable("The plugin cannot open its database; its log says why") from error
