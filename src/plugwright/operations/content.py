"""What an operation, a prompt or a resource can answer besides data: text, images, audio, links, embedded resources.

The wire form is the content block of MCP (specification 2026-07-28, server/tools, "Tool Result").
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Text:
    """A plain text block."""

    text: str
    annotations: Mapping[str, Any] | None = None

    def block(self) -> dict[str, Any]:
        """The block as JSON-like data."""
        return _annotated({"type": "text", "text": self.text}, self.annotations)


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: raw bytes and their media type, such as ``image/png``."""

    data: bytes = field(repr=False)
    mime_type: str
    annotations: Mapping[str, Any] | None = None

    def block(self) -> dict[str, Any]:
        """The block as JSON-like data."""
        return _annotated(
            {"type": "image", "data": b64encode(self.data).decode("ascii"), "mimeType": self.mime_type},
            self.annotations,
        )


@dataclass(frozen=True, slots=True)
class Audio:
    """A sound: raw bytes and their media type, such as ``audio/wav``."""

    data: bytes = field(repr=False)
    mime_type: str
    annotations: Mapping[str, Any] | None = None

    def block(self) -> dict[str, Any]:
        """The block as JSON-like data."""
        return _annotated(
            {"type": "audio", "data": b64encode(self.data).decode("ascii"), "mimeType": self.mime_type},
            self.annotations,
        )


@dataclass(frozen=True, slots=True)
class ResourceLink:
    """A pointer to a resource that the client may read."""

    uri: str
    name: str
    title: str | None = None
    description: str | None = None
    mime_type: str | None = None

    def block(self) -> dict[str, Any]:
        """The block as JSON-like data."""
        optional = {"title": self.title, "description": self.description, "mimeType": self.mime_type}
        return {"type": "resource_link", "uri": self.uri, "name": self.name} | {
            key: value for key, value in optional.items() if value is not None
        }


@dataclass(frozen=True, slots=True)
class EmbeddedResource:
    """A resource's contents inside the answer: give ``text`` or ``blob``."""

    uri: str
    text: str | None = None
    blob: bytes | None = field(default=None, repr=False)
    mime_type: str | None = None

    def __post_init__(self) -> None:
        if (self.text is None) == (self.blob is None):
            raise ValueError("EmbeddedResource takes exactly one of text and blob")

    def block(self) -> dict[str, Any]:
        """The block as JSON-like data."""
        resource: dict[str, Any] = {"uri": self.uri}
        if self.mime_type is not None:
            resource["mimeType"] = self.mime_type
        if self.text is not None:
            resource["text"] = self.text
        if self.blob is not None:
            resource["blob"] = b64encode(self.blob).decode("ascii")
        return {"type": "resource", "resource": resource}


Block = Text | Image | Audio | ResourceLink | EmbeddedResource
BLOCK_TYPES = (Text, Image, Audio, ResourceLink, EmbeddedResource)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt: who speaks, and a text or a content block."""

    role: Literal["user", "assistant"]
    content: str | Block

    def as_json(self) -> dict[str, Any]:
        """The message as JSON-like data."""
        content = Text(self.content) if isinstance(self.content, str) else self.content
        return {"role": self.role, "content": content.block()}


def blocks_of(value: Block | Sequence[Block]) -> list[dict[str, Any]]:
    """One block or several as JSON-like data.

    Raises:
        TypeError: an item is no content block.
    """
    items: Sequence[Block] = [value] if isinstance(value, BLOCK_TYPES) else value
    for item in items:
        if not isinstance(item, BLOCK_TYPES):  # pyright: ignore[reportUnnecessaryIsInstance] a handler may return anything
            raise TypeError(f"{type(item).__name__} is not a content block")
    return [item.block() for item in items]


def _annotated(block: dict[str, Any], annotations: Mapping[str, Any] | None) -> dict[str, Any]:
    return block if annotations is None else block | {"annotations": dict(annotations)}
