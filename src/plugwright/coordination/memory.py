"""The first tier: replies in this process, bounded in bytes; the one that was not read for longest goes first."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable

from plugwright.coordination.replies import StoredReply

_OVERHEAD = 1024  # bytes of one entry besides its body: objects, keys, tags
_LARGEST = 8  # a reply may take one part in so many


class MemoryTier:
    """Replies by key. A reader may use ``entries`` itself, and then calls ``touch``."""

    def __init__(self, most_bytes: int) -> None:
        self.entries: OrderedDict[Hashable, StoredReply] = OrderedDict()
        self.touch = self.entries.move_to_end
        self.bytes = 0
        """What the entries take, about."""
        self.evicted = 0
        """How many replies were forgotten for want of room."""
        self.most_bytes = most_bytes
        self._sizes: dict[Hashable, int] = {}
        self._tagged: dict[str, set[Hashable]] = {}

    def put(self, key: Hashable, reply: StoredReply, *, key_bytes: int) -> None:
        """Keep a reply, unless it is so large that it would drive out many."""
        self.drop(key)
        size = len(reply) + key_bytes + _OVERHEAD
        if size > self.most_bytes // _LARGEST:
            return
        if reply.forms is not None:
            size += len(reply)  # which its compressed forms may take
        self.entries[key] = reply
        self._sizes[key] = size
        self.bytes += size
        for tag in reply.tags:
            self._tagged.setdefault(tag, set()).add(key)
        while self.bytes > self.most_bytes:
            self.evicted += 1
            self.drop(next(iter(self.entries)))

    def drop(self, key: Hashable) -> None:
        """Forget one reply, if it is there."""
        reply = self.entries.pop(key, None)
        if reply is None:
            return
        self.bytes -= self._sizes.pop(key)
        for tag in reply.tags:
            keys = self._tagged.get(tag)
            if keys is not None:
                keys.discard(key)
                if not keys:
                    del self._tagged[tag]

    def drop_tagged(self, tags: Iterable[str]) -> None:
        """Forget every reply that has one of the tags."""
        for tag in tags:
            for key in list(self._tagged.get(tag, ())):
                self.drop(key)

    def clear(self) -> None:
        """Forget everything."""
        self.entries.clear()
        self._sizes.clear()
        self._tagged.clear()
        self.bytes = 0
