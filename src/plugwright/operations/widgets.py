"""A page that ChatGPT, or any MCP Apps host, shows with an operation's answer."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugwright.errors import SetupError

MIME_TYPE = "text/html;profile=mcp-app"
_URI = re.compile(r"ui://[A-Za-z0-9][A-Za-z0-9._~/-]*")
_ORIGIN = re.compile(r"(?:https|wss)://[A-Za-z0-9.*-]+(?::\d+)?")


@dataclass(frozen=True, slots=True)
class Widget:
    """One ``ui://`` resource: self-contained HTML and what it may reach.

    ``connect_domains`` and the other lists are origins; an empty list means that nothing is allowed.
    ``domain`` is the origin that the page is shown under, needed to submit a plugin with pages.

    Raises:
        SetupError: the URI or an origin is not of its form, or the HTML is empty.
    """

    uri: str
    html: str
    title: str
    description: str
    connect_domains: tuple[str, ...] = ()
    resource_domains: tuple[str, ...] = ()
    frame_domains: tuple[str, ...] = ()
    domain: str | None = None
    prefers_border: bool = False

    def __post_init__(self) -> None:
        if not _URI.fullmatch(self.uri):
            raise SetupError(f"widget {self.uri!r}: the URI must look like ui://<plugin>/<page>-v1.html")
        if "<html" not in self.html.lower():
            raise SetupError(f"widget {self.uri!r}: the page is not an HTML document")
        for origin in (*self.connect_domains, *self.resource_domains, *self.frame_domains):
            if not _ORIGIN.fullmatch(origin):
                raise SetupError(f"widget {self.uri!r}: {origin!r} is not an origin such as https://api.example.com")

    def resource_meta(self) -> dict[str, Any]:
        """``_meta`` of the resource, with MCP Apps keys and ChatGPT's older aliases of them."""
        ui: dict[str, Any] = {
            "csp": {
                "connectDomains": list(self.connect_domains),
                "resourceDomains": list(self.resource_domains),
            },
            "prefersBorder": self.prefers_border,
        }
        meta: dict[str, Any] = {
            "ui": ui,
            "openai/widgetCSP": {
                "connect_domains": list(self.connect_domains),
                "resource_domains": list(self.resource_domains),
            },
            "openai/widgetPrefersBorder": self.prefers_border,
            "openai/widgetDescription": self.description,
        }
        if self.frame_domains:
            ui["csp"]["frameDomains"] = list(self.frame_domains)
            meta["openai/widgetCSP"]["frame_domains"] = list(self.frame_domains)
        if self.domain:
            ui["domain"] = self.domain
            meta["openai/widgetDomain"] = self.domain
        return meta

    def tool_meta(self) -> dict[str, Any]:
        """``_meta`` of a tool whose answers this page shows."""
        return {
            "ui": {"resourceUri": self.uri, "visibility": ["model", "app"]},
            "openai/outputTemplate": self.uri,
            "openai/widgetAccessible": True,
        }


def read_html(html: str | Path, *, uri: str) -> str:
    """The page's text, from a string or a file.

    Raises:
        SetupError: there is no such file.
    """
    if isinstance(html, str):
        return html
    try:
        return html.read_text(encoding="utf-8")
    except OSError as error:
        raise SetupError(f"widget {uri!r}: {html.name!r} cannot be read: {error.strerror}") from error
