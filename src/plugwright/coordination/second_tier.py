"""What replicas share of replies, as those who fill and read it see it."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from plugwright.coordination.replies import StoredReply


class Claim(Protocol):
    """The right to make a reply; ``reply`` is there instead where somebody else has made it meanwhile."""

    @property
    def reply(self) -> StoredReply | None:
        """What somebody else has made."""
        ...

    async def put(self, reply: StoredReply) -> None:
        """Keep what was made."""
        ...

    async def remove(self) -> None:
        """Forget what was kept."""
        ...


class SecondTier(Protocol):
    """Replies by name. Nothing here raises, or waits for what is away: then it holds nothing."""

    async def get(self, name: bytes, tags: tuple[str, ...]) -> StoredReply | None:
        """A reply that may be served, if it is there."""
        ...

    def claim(self, name: bytes, tags: tuple[str, ...], within: float) -> AbstractAsyncContextManager[Claim]:
        """The right to make a reply, for as long as the block runs; waits while somebody else makes it."""
        ...

    def invalidate(self, tags: tuple[str, ...]) -> None:
        """Forget what has one of the tags, here at once and elsewhere within a second."""
        ...
