"""Lists in pages. A cursor is the last name of the page before: it stays right when entries come and go."""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from plugwright.protocols.mcp.jsonrpc import INVALID_PARAMS, RpcError

PAGE_SIZE = 100


class PagedList:
    """Encoded entries in the order of their keys, joined into pages. The pages are made once."""

    def __init__(self, entries: Sequence[tuple[str, bytes]], *, size: int = PAGE_SIZE) -> None:
        ordered = sorted(entries)
        self._keys = [key for key, _ in ordered]
        self._entries = [entry for _, entry in ordered]
        self._size = size
        self._first = self._page(0)

    def page(self, cursor: Any) -> tuple[bytes, bytes]:
        """A page's entries joined by commas, and the JSON members that follow the list (the next cursor).

        Raises:
            RpcError: the cursor is not one of ours.
        """
        if cursor is None:
            return self._first
        return self._page(bisect_right(self._keys, _decode(cursor)))

    def _page(self, start: int) -> tuple[bytes, bytes]:
        end = start + self._size
        following = b'"nextCursor":"%b",' % _encode(self._keys[end - 1]) if end < len(self._keys) else b""
        return b",".join(self._entries[start:end]), following


def _encode(key: str) -> bytes:
    return base64.urlsafe_b64encode(b"after:" + key.encode())


def _decode(cursor: Any) -> str:
    try:
        text = base64.b64decode(str(cursor).encode("ascii"), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not isinstance(cursor, str) or not text.startswith("after:"):
        raise RpcError(INVALID_PARAMS, "Unknown cursor; start again without one")
    return text.removeprefix("after:")
