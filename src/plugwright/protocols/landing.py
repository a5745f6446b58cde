"""The page at ``/``: what this plugin is, and how to add it to ChatGPT."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader

from plugwright.auth.kinds import Auth, OAuth, ServiceKey
from plugwright.operations.identity import Identity
from plugwright.operations.operation import Operation
from plugwright.web.documents import Document
from plugwright.web.page_headers import page_headers, style_source

_STYLE = re.compile("<style>(.*)</style>", re.DOTALL)


def landing_document(
    identity: Identity, operations: Sequence[Operation], public_url: str, *, has_manifest: bool, auth: Auth = None
) -> Document:
    """The page, complete in one file."""
    environment = Environment(
        loader=PackageLoader("plugwright.protocols", "pages"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("landing.html").render(
        identity=identity,
        operations=sorted(operations, key=lambda operation: operation.name),
        public_url=public_url,
        base=urlsplit(public_url).path,
        has_manifest=has_manifest,
        sign_in=_sign_in(auth),
    )
    headers = page_headers(style=style_source("".join(_STYLE.findall(page))))
    return Document(
        page.encode(),
        "text/html; charset=utf-8",
        headers=tuple((name.lower().encode(), value.encode()) for name, value in headers.items()),
    )


def _sign_in(auth: Auth) -> str:
    if auth is None:
        return ""
    if isinstance(auth, OAuth):
        return "ChatGPT opens a page to sign in when you first use what needs it."
    if isinstance(auth, ServiceKey):
        return "Calls need the service's key, which whoever runs this plugin sets up."
    return "Calls need a key of your own, which whoever runs this plugin gives you."
