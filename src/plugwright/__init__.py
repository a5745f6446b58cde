"""Plugwright: typed Python functions as a ChatGPT plugin, over MCP, OpenAPI and the legacy manifest."""

from plugwright.auth.kinds import (
    Identity,
    IntrospectionIssuer,
    JwtIssuer,
    OAuth,
    OpenIdProvider,
    Scope,
    ServiceKey,
    UserKey,
)
from plugwright.calls.call import Call
from plugwright.calls.questions import Answer, Form, LinkToOpen, Roots, Sampling
from plugwright.errors import (
    AnswerTooLong,
    CallError,
    CallTimeout,
    CannotAsk,
    Conflict,
    InvalidInput,
    MissingScope,
    NotAuthenticated,
    NotFound,
    PlugwrightError,
    SetupError,
    TooManyCalls,
    Unavailable,
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from plugwright.operations.caching import Cache
from plugwright.operations.completion import Complete
from plugwright.operations.content import Audio, EmbeddedResource, Image, Message, ResourceLink, Text
from plugwright.operations.untrusted import UntrustedText
from plugwright.operations.widgets import Widget
from plugwright.plugin import Plugin
from plugwright.principal import Principal
from plugwright.upstream.client import Upstream
from plugwright.upstream.public_web import PublicWeb
from plugwright.version import __version__

__all__ = [
    "Answer",
    "AnswerTooLong",
    "Audio",
    "Cache",
    "Call",
    "CallError",
    "CallTimeout",
    "CannotAsk",
    "Complete",
    "Conflict",
    "EmbeddedResource",
    "Form",
    "Identity",
    "Image",
    "IntrospectionIssuer",
    "InvalidInput",
    "JwtIssuer",
    "LinkToOpen",
    "Message",
    "MissingScope",
    "NotAuthenticated",
    "NotFound",
    "OAuth",
    "OpenIdProvider",
    "Plugin",
    "PlugwrightError",
    "Principal",
    "PublicWeb",
    "ResourceLink",
    "Roots",
    "Sampling",
    "Scope",
    "ServiceKey",
    "SetupError",
    "Text",
    "TooManyCalls",
    "Unavailable",
    "UntrustedText",
    "Upstream",
    "UpstreamError",
    "UpstreamTimeout",
    "UpstreamUnavailable",
    "UserKey",
    "Widget",
    "__version__",
]
