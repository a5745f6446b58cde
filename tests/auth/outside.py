"""A site of somebody else on loopback, the keys it signs with, and the tokens it makes."""

import asyncio
import base64
import functools
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from plugwright.upstream.safe_fetch import SafeFetch
from tests.upstream.servers import Server, reply, serving

NOW = 1_800_000_000.0


class Clock:
    """A clock that moves only when it is told to."""

    def __init__(self, time: float = NOW) -> None:
        self.time = time

    def __call__(self) -> float:
        return self.time


class Site:
    """What the site answers, by path, and what was asked of it."""

    def __init__(self, server: Server) -> None:
        self.origin = server.origin
        self.replies: dict[str, bytes] = {}
        self.server = server

    @property
    def asked(self) -> list[str]:
        return [head.split(b" ")[1].decode() for head in self.server.requests]

    def put(self, path: str, value: Any, *, status: str = "200 OK", more: str = "") -> str:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.replies[path] = reply(body, status=status, more=more)
        return self.origin + path


@asynccontextmanager
async def outside() -> AsyncGenerator[tuple[Site, SafeFetch]]:
    """The site, and a way out that may reach it."""
    replies: dict[str, bytes] = {}

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        path = head.split(b" ")[1].decode()
        writer.write(replies.get(path, reply(b"{}", status="404 Not Found")))

    async with serving(answer) as server:
        site = Site(server)
        site.replies = replies
        fetch = SafeFetch([server.origin])
        try:
            yield site, fetch
        finally:
            await fetch.aclose()


@functools.cache
def rsa_key(kid: str = "rsa", bits: int = 2048) -> RSAKey:
    return RSAKey.generate_key(bits, {"kid": kid})


@functools.cache
def ec_key(kid: str = "ec", curve: Any = "P-256") -> ECKey:
    return ECKey.generate_key(curve, {"kid": kid})


@functools.cache
def okp_key(kid: str = "okp", curve: Any = "Ed25519") -> OKPKey:
    return OKPKey.generate_key(curve, {"kid": kid})


def public(*keys: Key, **more: Any) -> dict[str, Any]:
    """The key set that publishes keys."""
    return {"keys": [key.as_dict(private=False, **more) for key in keys]}


class _AnyHeader(JWSRegistry):
    """Signs whatever header it is given."""

    def check_header(self, header: dict[str, Any]) -> None:
        """Nothing is refused."""


def signed(claims: dict[str, Any], key: Key, alg: str = "ES256", **header: Any) -> str:
    """A token; ``typ`` is at+jwt unless the header says otherwise, and None leaves a member out."""
    whole = {"alg": alg, "typ": "at+jwt", "kid": key.kid, **header}
    known = {name: value for name, value in whole.items() if value is not None}
    registry = _AnyHeader(algorithms=[alg])
    return jws.serialize_compact(known, json.dumps(claims), key, registry=registry)


def forged(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    """A token put together by hand."""
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
