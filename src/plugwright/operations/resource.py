"""One resource: something a client can read under a URI, or a family of them under a URI template."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plugwright.errors import SetupError
from plugwright.operations.docstrings import parse_docstring
from plugwright.operations.durations import seconds
from plugwright.operations.handler import Handler
from plugwright.operations.inputs import compile_input
from plugwright.operations.paths import UriTemplate, uri_template
from plugwright.operations.signature import Signature
from plugwright.operations.widgets import MIME_TYPE, Widget

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A compiled resource. ``template`` is set when the URI has parameters; ``widget`` when it is a page."""

    uri: str
    name: str
    title: str | None
    description: str
    mime_type: str
    handler: Handler
    template: UriTemplate | None = None
    widget: Widget | None = None


def compile_resource(
    function: Callable[..., Any],
    signature: Signature,
    *,
    uri: str,
    name: str | None,
    title: str | None,
    mime_type: str,
    timeout: str,
) -> Resource:
    """Check and compile a resource.

    Raises:
        SetupError: the URI is not absolute, or its parameters are not those of the function.
    """
    label = f"resource {uri!r} ({function.__name__})"
    if not _URI.fullmatch(uri):
        raise SetupError(f"{label}: the URI must be absolute, such as weather://cities")
    text = parse_docstring(function.__doc__)
    if not text.summary:
        raise SetupError(f"{label}: it has no docstring; say what it holds")
    taken = compile_input(signature, text.parameters)
    template = uri_template(uri)
    if set(template.names) != set(taken.properties):
        raise SetupError(
            f"{label}: the URI has the parameters {sorted(template.names)}, the function "
            f"{sorted(taken.properties)}; make them the same"
        )
    return Resource(
        uri=uri,
        name=name or function.__name__,
        title=title,
        description=text.description,
        mime_type=mime_type,
        handler=Handler(uri, function, signature.is_async, signature.call_parameter, taken, seconds(timeout, of=label)),
        template=template if template.names else None,
    )


def widget_resource(widget: Widget) -> Resource:
    """The resource that serves a widget's page."""

    async def page() -> str:
        return widget.html

    signature = Signature("page", (), None, str, is_async=True)
    return Resource(
        uri=widget.uri,
        name=widget.uri.removeprefix("ui://"),
        title=widget.title,
        description=widget.description,
        mime_type=MIME_TYPE,
        handler=Handler(
            widget.uri,
            page,
            is_async=True,
            call_parameter=None,
            input=compile_input(signature, {}),
            timeout=30.0,
        ),
        widget=widget,
    )
