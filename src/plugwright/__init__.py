"""Plugwright: typed Python functions as a ChatGPT plugin, over MCP, OpenAPI and the legacy manifest."""

from plugwright.calls.call import Call
from plugwright.calls.questions import Answer, Form, LinkToOpen, Roots, Sampling
from plugwright.errors import (
    CallError,
    CallTimeout,
    CannotAsk,
    Conflict,
    InvalidInput,
    NotFound,
    PlugwrightError,
    SetupError,
    Unavailable,
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from plugwright.operations.completion import Complete
from plugwright.operations.content import Audio, EmbeddedResource, Image, Message, ResourceLink, Text
from plugwright.operations.widgets import Widget
from plugwright.plugin import Plugin
from plugwright.version import __version__

__all__ = [
    "Answer",
    "Audio",
    "Call",
    "CallError",
    "CallTimeout",
    "CannotAsk",
    "Complete",
    "Conflict",
    "EmbeddedResource",
    "Form",
    "Image",
    "InvalidInput",
    "LinkToOpen",
    "Message",
    "NotFound",
    "Plugin",
    "PlugwrightError",
    "ResourceLink",
    "Roots",
    "Sampling",
    "SetupError",
    "Text",
    "Unavailable",
    "UpstreamError",
    "UpstreamTimeout",
    "UpstreamUnavailable",
    "Widget",
    "__version__",
]
