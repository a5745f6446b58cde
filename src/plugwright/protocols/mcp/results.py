"""What every result has besides its content: the type, the server's name, cache hints."""

from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from plugwright.operations.visible_text import encode_clean
from plugwright.protocols.mcp.request import SERVER_INFO_KEY, Request
from plugwright.protocols.mcp.revisions import Revision


@dataclass(frozen=True, slots=True)
class CacheHint:
    """For how long a client may keep a result, and whether other users may get it."""

    ttl_ms: int
    scope: str


LISTS = CacheHint(300_000, "public")
PAGES = CacheHint(3_600_000, "public")
NOT_CACHED = CacheHint(0, "private")


class Results:
    """Builds results for each era. The modern members are encoded once."""

    def __init__(self, name: str, version: str) -> None:
        self._meta: dict[str, Any] = {SERVER_INFO_KEY: {"name": name, "version": version}}
        self.modern_tail = b'"_meta":%b' % to_json(self._meta)

    def complete(self, request: Request, content: dict[str, Any], hint: CacheHint | None = None) -> bytes:
        """A complete result from data."""
        if not request.revision.is_modern:
            return to_json(content)
        result: dict[str, Any] = {
            "resultType": "complete",
            **content,
            "_meta": {**content.get("_meta", {}), **self._meta},
        }
        if hint is not None:
            result |= {"ttlMs": hint.ttl_ms, "cacheScope": hint.scope}
        return to_json(result)

    def input_required(self, content: dict[str, Any]) -> bytes:
        """A result that asks, with the server's name."""
        return encode_clean({**content, "_meta": self._meta})

    def listed(self, revision: Revision, key: str, entries: bytes, following: bytes) -> bytes:
        """A list result around entries that are JSON already."""
        if not revision.is_modern:
            return b'{"%b":[%b]%b}' % (key.encode(), entries, b"," + following[:-1] if following else b"")
        return b'{"resultType":"complete","%b":[%b],%b"ttlMs":%d,"cacheScope":"%b",%b}' % (
            key.encode(), entries, following, LISTS.ttl_ms, LISTS.scope.encode(), self.modern_tail,
        )  # fmt: skip
