"""Telling workers of jobs over a stream of Valkey, of which each message is delivered to one of them."""

import asyncio
import contextlib
from typing import Any

from taskiq import BrokerMessage
from valkey.exceptions import ResponseError, ValkeyError

from plugwright.coordination.names import Names
from plugwright.coordination.valkey import AWAY, Away, ValkeyClient
from plugwright.jobs.dispatch import MOST_UNREAD, JobBroker
from plugwright.json_types import is_object

_GROUP = "workers"
_FIELD = "m"
_SLACK = 1.0  # seconds beyond the time that a read may block


class StreamBroker(JobBroker):
    """Tells one of all the processes that listen.

    Nothing is acknowledged (``NOACK``), so that the group has no list of what is pending, and all listen by one name.
    """

    def __init__(self, client: ValkeyClient, names: Names, poll: float) -> None:
        super().__init__(poll)
        self._client = client
        self._stream = names.jobs
        self._connection: Any = None

    async def kick(self, message: BrokerMessage) -> None:
        """Add a message to the stream, if Valkey is there."""
        added = {_FIELD: message.message}
        with contextlib.suppress(Away):
            await self._client.run(lambda commands: commands.xadd(self._stream, added, maxlen=MOST_UNREAD))

    async def heard(self, seconds: float) -> list[bytes]:
        """The next message that no other process got."""
        try:
            return await self._read(seconds)
        except (*AWAY, ValkeyError):
            await self.stop_hearing()
            await asyncio.sleep(seconds)
            return []
        except BaseException:
            # What was asked for may still come, and would be taken for the answer to something else.
            await self.stop_hearing()
            raise

    async def _read(self, seconds: float) -> list[bytes]:
        connection = self._connection or await self._connect()
        milliseconds = str(max(1, int(seconds * 1000)))
        read = ("XREADGROUP", "GROUP", _GROUP, _GROUP, "COUNT", "1", "BLOCK", milliseconds, "NOACK")
        await connection.send_command(*read, "STREAMS", self._stream, ">")
        reply = await connection.read_response()
        return [fields[1] for _, fields in _entries(reply)] if reply else []

    async def _connect(self) -> Any:
        connection = self._connection = self._client.new_connection(silence=self._poll + _SLACK)
        await connection.connect()
        await connection.send_command("XGROUP", "CREATE", self._stream, _GROUP, "0", "MKSTREAM")
        try:
            await connection.read_response()
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        return connection

    async def stop_hearing(self) -> None:
        """Close the connection that reads."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(*AWAY, ValkeyError):
                await connection.disconnect(nowait=True)


def _entries(reply: Any) -> list[Any]:
    """The entries of the one stream: in a mapping by the third version of the protocol, else in a pair."""
    return next(iter(reply.values())) if is_object(reply) else reply[0][1]
