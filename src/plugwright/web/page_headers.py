"""The headers of everything that a person sees: nothing foreign, nothing framed, nothing told to others.

RFC 9700 §4.2.4, RFC 6749 §10.13, CSP level 3; HSTS is RFC 6797.
"""

import base64
from collections.abc import Iterable, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Final, Literal

from plugwright.web.asgi import Headers, Message, Send

OpenerPolicy = Literal["same-origin", "unsafe-none"]
_POLICY: Final = (
    "default-src 'none'; style-src {style}; img-src 'self'; form-action {forms}; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_FEATURES: Final = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)
_FIXED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)


def style_source(style: str) -> str:
    """The hash by which a policy allows exactly this style sheet."""
    return f"'sha256-{base64.b64encode(sha256(style.encode()).digest()).decode()}'"


def page_headers(
    *, style: str, forms: Iterable[str] = (), opener_policy: OpenerPolicy = "same-origin"
) -> dict[str, str]:
    """The headers of a page.

    Args:
        style: the source of its style sheet, from `style_source`.
        forms: the sources that its forms may lead to; none where it has none.
        opener_policy: what is left between the page and the window that opened it.
    """
    return {
        "Content-Security-Policy": _POLICY.format(style=style, forms=" ".join(dict.fromkeys(forms)) or "'none'"),
        "Cross-Origin-Opener-Policy": opener_policy,
        **_FIXED,
    }


def browser_headers(hsts_seconds: int) -> Headers:
    """What a browser is told with every reply but those of calls, which it opens for nobody; 0 seconds: no HSTS."""
    headers: Headers = [(b"x-content-type-options", b"nosniff")]
    if hsts_seconds:
        headers.append((b"strict-transport-security", b"max-age=%d" % hsts_seconds))
    return headers


def telling(send: Send, headers: Headers) -> Send:
    """A channel that adds headers to a reply, where it has not set them itself."""

    async def send_told(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *(header for header in headers if header[0] not in present)]
        await send(message)

    return send_told
