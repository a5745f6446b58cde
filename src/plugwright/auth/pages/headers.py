"""The headers of every page: nothing foreign, nothing framed, nothing kept (RFC 9700 §4.2.4, RFC 6749 §10.13)."""

import base64
from collections.abc import Iterable, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Final, Literal

from plugwright.auth.pages.origins import policy_source

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
        "Cache-Control": "no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept-Language",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)


def style_source(style: str) -> str:
    """The hash by which a policy allows exactly this style sheet."""
    return f"'sha256-{base64.b64encode(sha256(style.encode()).digest()).decode()}'"


def page_headers(
    *,
    language: str,
    style: str,
    opener_policy: OpenerPolicy,
    form_origins: Iterable[str] = (),
    retry_after: int | None = None,
) -> dict[str, str]:
    """All headers of one page.

    Args:
        language: its language tag.
        style: the source of its style sheet, from `style_source`.
        opener_policy: what is left between the page and the window that opened it.
        form_origins: where its forms may lead besides this server; Chrome checks the redirects that follow as well.
        retry_after: seconds after which a repeat makes sense.
    """
    # Each once, in their order.
    forms = dict.fromkeys(("'self'", *map(policy_source, form_origins)))
    headers = {
        "Content-Security-Policy": _POLICY.format(style=style, forms=" ".join(forms)),
        "Content-Language": language,
        "Cross-Origin-Opener-Policy": opener_policy,
        **_FIXED,
    }
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return headers
