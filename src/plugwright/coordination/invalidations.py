"""Invalidations between replicas: sent until they have arrived, and heard by every other replica within a second."""

import asyncio
import contextlib
import random
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from pydantic_core import from_json, to_json
from valkey.exceptions import ValkeyError

from plugwright.coordination.names import EVERYTHING, Names
from plugwright.coordination.valkey import AWAY, Away, ValkeyClient
from plugwright.json_types import is_array, is_object

_PING = 0.25  # seconds between two signs of life on a quiet connection
_SILENCE = 0.6  # seconds without one, and the connection is given up
_RETRY = 0.5  # seconds before the next try
_MOST_PENDING = 10_000  # tags that wait to be sent; beyond that everything is invalidated

Tags = tuple[str, ...]


class Invalidations:
    """Sends the invalidations of this replica and hears those of the others.

    ``seconds`` is how long the token of a tag is kept, longer than any reply.
    """

    def __init__(self, client: ValkeyClient, names: Names, *, seconds: int) -> None:
        self.seconds = seconds
        self._client = client
        self._names = names
        self._id = secrets.token_hex(8)
        self._pending: dict[str, object] = {}
        self._has_pending = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.is_listening = False
        """Whether the others are heard."""
        self.on_tags: Callable[[Iterable[str]], None] = _nothing
        self.on_gap: Callable[[], None] = _nothing

    def open(self, *, on_tags: Callable[[Iterable[str]], None], on_gap: Callable[[], None]) -> None:
        """Begin. ``on_tags`` is told what others invalidate; ``on_gap`` that some of it may have been missed."""
        self.on_tags, self.on_gap = on_tags, on_gap
        self._tasks = [asyncio.create_task(self._send_all()), asyncio.create_task(self._listen())]

    async def close(self) -> None:
        """Send what is waiting, if that can be, and end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._pending:
            with contextlib.suppress(Away):
                await self._send(tuple(self._pending))

    def send(self, tags: Tags) -> None:
        """Replace the tokens of some tags and tell the others, as soon as Valkey is there."""
        self._pending.update((tag, object()) for tag in tags)
        if len(self._pending) > _MOST_PENDING:
            self._pending = {EVERYTHING: object()}
        self._has_pending.set()

    @property
    def has_sent(self) -> bool:
        """Whether Valkey knows everything that was invalidated here."""
        return not self._pending

    def are_pending(self, tags: Tags) -> bool:
        """Whether one of the tags has been invalidated here, and Valkey may not know it."""
        return bool(self._pending) and not self._pending.keys().isdisjoint(tags)

    async def _send_all(self) -> None:
        while True:
            await self._has_pending.wait()
            batch = dict(self._pending)
            try:
                await self._send(tuple(batch))
            except Away:
                await asyncio.sleep(_RETRY)
                continue
            for tag, mark in batch.items():
                # Invalidated again meanwhile: what was sent may have come too early.
                if self._pending.get(tag) is mark:
                    del self._pending[tag]
            if not self._pending:
                self._has_pending.clear()

    async def _send(self, tags: Tags) -> None:
        def command(commands: Any) -> Any:
            pipeline = commands.pipeline(transaction=False)
            for key in self._names.tags(tags):
                pipeline.set(key, secrets.token_hex(8), ex=self.seconds)
            pipeline.publish(self._names.channel, to_json({"from": self._id, "tags": tags}))
            return pipeline.execute()

        await self._client.run(command)

    async def _listen(self) -> None:
        while True:
            connection = self._client.new_connection(silence=_SILENCE)
            with contextlib.suppress(*AWAY, ValkeyError):
                await self._hear(connection)
            with contextlib.suppress(*AWAY, ValkeyError):
                await connection.disconnect(nowait=True)
            await asyncio.sleep(_RETRY * random.uniform(0.5, 1.0))  # noqa: S311 no secret

    async def _hear(self, connection: Any) -> None:
        pinging: asyncio.Task[None] | None = None
        try:
            await connection.connect()
            await connection.send_command("SUBSCRIBE", self._names.channel)
            await connection.read_response()
            # Nobody knows what was said while we did not listen.
            self.on_gap()
            self.is_listening = True
            pinging = asyncio.create_task(_ping(connection))
            while True:
                kind, *rest = await connection.read_response()
                if kind == b"message":
                    self._heard(rest[1])
        finally:
            self.is_listening = False
            if pinging is not None:
                pinging.cancel()
                await asyncio.gather(pinging, return_exceptions=True)

    def _heard(self, message: bytes) -> None:
        try:
            content = from_json(message)
        except ValueError:
            return
        if not is_object(content) or content.get("from") == self._id or not is_array(content.get("tags")):
            return
        tags = content["tags"]
        if EVERYTHING in tags:
            self.on_gap()
        else:
            self.on_tags([tag for tag in tags if isinstance(tag, str)])


def _nothing(tags: Iterable[str] = ()) -> None:
    """What is done before anybody listens."""


async def _ping(connection: Any) -> None:
    while True:
        await asyncio.sleep(_PING)
        await connection.send_command("PING")
