"""Whether a database can be worked with: that it answers, and that it has had every step of this version."""

import asyncio
import time

from sqlalchemy import Connection, text

from plugwright.observe.readiness import PartFailing, PartUnknown
from plugwright.store.database import Database, StoreUnavailable
from plugwright.store.upgrade import VERSION_TABLE, older_steps

_RECENT = 1.0  # seconds


class DatabaseHealth:
    """The checks of one database; each raises what is wrong."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._older: frozenset[str] | None = None

    async def answers(self) -> None:
        """Check that it answers. Where it just answered somebody it does, even if there is a queue before it."""
        if time.monotonic() - self._database.answered_at > _RECENT:
            await self._database.read(_ask)

    async def is_up_to_date(self) -> None:
        """Check that no step is missing. One that this version does not know is of a newer one, and harmless."""
        if self._older is None:
            self._older = await asyncio.to_thread(older_steps)
        try:
            steps = await self._database.read(_steps)
        except StoreUnavailable:
            raise PartUnknown("The database cannot be asked") from None
        if not steps or not self._older.isdisjoint(steps):
            raise PartFailing("behind")


def _ask(connection: Connection) -> None:
    connection.execute(text("SELECT 1"))


def _steps(connection: Connection) -> list[str]:
    return list(connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalars())  # noqa: S608 a constant
