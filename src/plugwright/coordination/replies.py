"""A stored reply: encoded bytes with what a cache knows of them, and its form in Valkey."""

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from pydantic_core import from_json, to_json

from plugwright.json_types import is_array
from plugwright.web.codings import Coding
from plugwright.web.compression import SHORT, coded_etag

_FORM = 1
_HEAD_PARTS = 8


class ReplyForms(dict[bytes, "bytes | asyncio.Future[bytes]"]):
    """The compressed forms of a reply by coding: as many as take no more than the reply itself."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self._room = room

    def __setitem__(self, name: bytes, form: "bytes | asyncio.Future[bytes]") -> None:
        if isinstance(form, bytes):
            if len(form) > self._room:
                self.pop(name, None)
                return
            self._room -= len(form)
        super().__setitem__(name, form)


class StoredReply(bytes):
    """An encoded reply. It is its own bytes, so that whoever only passes them on need not know.

    Times are seconds since the epoch. ``refresh_at`` is when somebody should make a new one; a failed try moves it.
    ``is_missing``: the bytes are those of a `NotFound` rather than an answer.
    """

    etag: bytes
    made: float
    refresh_at: float
    fresh_until: float
    stale_until: float
    is_missing: bool
    tags: tuple[str, ...]
    forms: ReplyForms | None  # of a long reply
    head: tuple[int, Any] | None  # what a protocol says of it while so many seconds are left

    @classmethod
    def of(
        cls,
        body: bytes,
        *,
        made: float,
        refresh_at: float,
        fresh_until: float,
        stale_until: float,
        is_missing: bool = False,
        tags: Sequence[str] = (),
    ) -> "StoredReply":
        """A reply with its times."""
        reply = cls(body)
        reply.etag = _tag(body)
        reply.made = made
        reply.refresh_at = refresh_at
        reply.fresh_until = fresh_until
        reply.stale_until = stale_until
        reply.is_missing = is_missing
        reply.tags = tuple(tags)
        reply.head = None
        reply.forms = ReplyForms(len(body)) if len(body) > SHORT else None
        return reply

    def part(self, body: bytes) -> "StoredReply":
        """What a caller chose of it, as a reply of its own for as long: with another ETag, and kept by nobody."""
        reply = StoredReply(body)
        own = {"etag": _tag(body), "forms": None, "head": None}
        vars(reply).update(vars(self) | own)
        return reply

    def coded(self, coding: Coding, body: bytes) -> "StoredReply":
        """Its compressed form as a reply of its own, with another ETag."""
        reply = StoredReply(body)
        vars(reply).update(vars(self) | {"etag": coded_etag(self.etag, coding), "forms": None, "head": None})
        return reply


def _tag(body: bytes) -> bytes:
    return b'"' + sha256(body).hexdigest()[:32].encode() + b'"'


def encode_reply(reply: StoredReply, tokens: Sequence[bytes]) -> bytes:
    """A reply as Valkey holds it; ``tokens`` stand for the present state of its tags."""
    head = [_FORM, reply.made, reply.refresh_at, reply.fresh_until, reply.stale_until, reply.is_missing]
    return to_json([*head, [token.decode() for token in tokens], list(reply.tags)]) + b"\n" + reply


def decode_reply(stored: bytes, tokens: Sequence[bytes | None], *, now: float) -> StoredReply | None:
    """The reply, unless one of its tags has been invalidated since, or it is too old or of another form."""
    head, _, body = stored.partition(b"\n")
    try:
        parts: Any = from_json(head)
    except ValueError:
        return None
    if not is_array(parts) or len(parts) != _HEAD_PARTS or parts[0] != _FORM:
        return None
    _, made, refresh_at, fresh_until, stale_until, is_missing, written, tags = parts
    if [token and token.decode() for token in tokens] != written or now >= stale_until:
        return None
    # The clock of whoever made it may be a little ahead.
    return StoredReply.of(
        body,
        made=min(made, now),
        refresh_at=refresh_at,
        fresh_until=fresh_until,
        stale_until=stale_until,
        is_missing=is_missing,
        tags=tags,
    )
