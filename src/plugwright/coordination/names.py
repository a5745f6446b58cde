"""What things are called in Valkey: all of one plugin under one hash tag, so that a cluster keeps them together."""

from hashlib import sha256

EVERYTHING = "\0everything"
"""The tag that every reply has."""


class Names:
    """The names of one plugin's replies, locks, tags and limits."""

    def __init__(self, plugin: str) -> None:
        self._prefix = f"plugwright:{{{plugin}}}:"
        self.channel = f"{self._prefix}invalidated"
        """Where invalidations are published."""
        self.jobs = f"{self._prefix}jobs"
        """The stream that tells of jobs."""

    def reply(self, name: bytes) -> str:
        """A reply."""
        return f"{self._prefix}reply:{name.hex()}"

    def lock(self, name: bytes) -> str:
        """Who makes a reply."""
        return f"{self._prefix}lock:{name.hex()}"

    def limit(self, limit: str, caller: str) -> tuple[str, str]:
        """What a caller has used of a limit: the slots, and their sum."""
        name = f"{self._prefix}limit:{limit}:{sha256(caller.encode('utf-8', 'replace')).hexdigest()[:32]}"
        return name, f"{name}:sum"

    def tags(self, tags: tuple[str, ...]) -> list[str]:
        """The states of some tags. A tag may hold what users wrote: of any length, and nobody's business."""
        return [f"{self._prefix}tag:{sha256(tag.encode('utf-8', 'replace')).hexdigest()[:32]}" for tag in tags]
