"""The content codings of replies, and which of them a client wants (RFC 9110 §8.4, §12.5.3)."""

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final, cast

import brotli
import zstandard

from plugwright.web.known import is_short

Encode = Callable[[bytes], bytes]

_QUALITY: Final = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


@dataclass(frozen=True, slots=True)
class Coding:
    """A content coding: ``fast`` for what is sent once, ``dense`` for what is made once and sent often."""

    name: bytes
    fast: Encode
    dense: Encode


def _zstd(level: int, body: bytes) -> bytes:
    # One compressor must not serve two threads. Up to level 19 no window is larger than RFC 9659 allows.
    return zstandard.ZstdCompressor(level=level).compress(body)


def _brotli(quality: int, body: bytes) -> bytes:
    return cast("Callable[..., bytes]", brotli.compress)(body, quality=quality)  # pyright: ignore[reportUnknownMemberType] it has no types


def _gzip(level: int, body: bytes) -> bytes:
    return gzip.compress(body, level, mtime=0)


CODINGS: Final = (
    Coding(b"zstd", partial(_zstd, 3), partial(_zstd, 12)),
    Coding(b"br", partial(_brotli, 4), partial(_brotli, 9)),
    Coding(b"gzip", partial(_gzip, 5), partial(_gzip, 9)),
)
"""The best first: it is taken where a client wants several alike."""


def wanted_coding(accept_encoding: bytes | None) -> Coding | None:
    """The coding for an Accept-Encoding header; nothing where the client takes none of ours, or rather has none.

    A client that takes neither ours nor the plain form gets the plain one: what it asked for has been done
    (RFC 9110 §12.4.1 lets a server disregard the header).
    """
    if not accept_encoding or not is_short(accept_encoding):
        return None
    return _wanted(accept_encoding)


@lru_cache(maxsize=256)
def _wanted(accept_encoding: bytes) -> Coding | None:
    qualities = _qualities(accept_encoding.decode("latin-1").lower())
    rest = qualities.get("*", 0.0)
    best = max(CODINGS, key=lambda coding: qualities.get(coding.name.decode(), rest))
    quality = qualities.get(best.name.decode(), rest)
    return best if quality > 0 and quality >= qualities.get("identity", 0.0) else None


def _qualities(header: str) -> dict[str, float]:
    """How much each coding is wanted; a weight that is none counts as a refusal."""
    found: dict[str, float] = {}
    for part in header.split(","):
        name, *parameters = [piece.strip() for piece in part.split(";")]
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.rstrip() == "q":
                weight = float(value) if _QUALITY.fullmatch(value.strip()) else 0.0
        found["gzip" if name == "x-gzip" else name] = weight  # RFC 9110 §8.4.1.3
    return found
