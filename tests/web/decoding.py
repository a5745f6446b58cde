"""Reading replies in any content coding."""

import gzip
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, cast

import brotli
import zstandard

from plugwright.testing import Client, Reply
from plugwright.web.asgi import Message

DECODERS: Final[Mapping[str, Callable[[bytes], bytes]]] = MappingProxyType(
    {
        "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
        "br": cast("Callable[[bytes], bytes]", brotli.decompress),  # pyright: ignore[reportUnknownMemberType] it has no types
        "gzip": gzip.decompress,
    }
)


def decoded(reply: Reply) -> bytes:
    """The body of a reply, whose length is what it says."""
    assert reply.headers["content-length"] == str(len(reply.body))
    coding = reply.headers.get("content-encoding")
    return reply.body if coding is None else DECODERS[coding](reply.body)


async def varies_by(client: Client, path: str, **headers: str) -> set[str]:
    """All that the Vary headers of a reply name."""
    messages: list[Message] = []
    app = client.app

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def note(message: Message) -> None:
            messages.append(message)
            await send(message)

        await app(scope, receive, note)

    client.app = watched  # pyright: ignore[reportAttributeAccessIssue] any ASGI application does
    try:
        await client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    finally:
        client.app = app
    return {value.decode() for name, value in messages[0]["headers"] if name == b"vary"}
