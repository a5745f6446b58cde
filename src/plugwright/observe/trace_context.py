"""The trace that a request belongs to, read from what its caller sent (W3C Trace Context, level 2)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# §3.2.2: version, trace id, parent id, flags; the ids are not all zeros. A later version may say more after them.
_TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_FIRST_VERSION = "00"
_KNOWN_FLAGS = 0x03  # sampled, random
# §3.3.2: a member of the list
_KEY = r"(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})"
_MEMBER = re.compile(rf"({_KEY})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{{0,255}}[\x21-\x2b\x2d-\x3c\x3e-\x7e]")
_MOST_MEMBERS = 32
_LONGEST_STATE = 512


@dataclass(frozen=True, slots=True)
class TraceContext:
    """Where in which trace a request stands: ``traceparent`` and ``tracestate`` as they are handed on."""

    traceparent: str
    tracestate: str | None = None

    @property
    def trace_id(self) -> str:
        """The trace's id: 32 hexadecimal digits."""
        return self.traceparent[3:35]


def read_trace(traceparent: Any, tracestate: Any = None) -> TraceContext | None:
    """The trace that two texts tell of; nothing where the first is malformed. A malformed second one is left out."""
    found = _TRACEPARENT.fullmatch(traceparent) if isinstance(traceparent, str) else None
    if found is None:
        return None
    version, trace_id, parent_id, flags, more = found.groups()
    if version == _FIRST_VERSION:
        if more is not None:
            return None
    else:
        # What a later version means by its other flags is not known here (§4.3).
        flags = f"{int(flags, 16) & _KNOWN_FLAGS:02x}"
    return TraceContext(f"{_FIRST_VERSION}-{trace_id}-{parent_id}-{flags}", _read_state(tracestate))


def trace_of_headers(headers: Iterable[tuple[bytes, bytes]]) -> TraceContext | None:
    """The trace in the headers of a request; nothing where they tell of two (§3.2)."""
    parents: list[bytes] = []
    states: list[bytes] = []
    for name, value in headers:
        if name == b"traceparent":
            parents.append(value)
        elif name == b"tracestate":
            states.append(value)
    if len(parents) != 1:
        return None
    return read_trace(parents[0].decode("latin-1").strip(" \t"), b",".join(states).decode("latin-1"))


def _read_state(text: Any) -> str | None:
    if not isinstance(text, str) or len(text) > _LONGEST_STATE:
        return None
    members = [member for part in text.split(",") if (member := part.strip(" \t"))]
    found = [_MEMBER.fullmatch(member) for member in members]
    keys = {match[1] for match in found if match}
    if not members or len(keys) != len(members) or len(members) > _MOST_MEMBERS:
        return None
    return ",".join(members)
