"""The headers of the pages of sign-in: those of every page, in a person's language, and kept by nobody."""

from collections.abc import Iterable

from plugwright.auth.pages.origins import policy_source
from plugwright.web.page_headers import OpenerPolicy, page_headers


def sign_in_headers(
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
        style: the source of its style sheet.
        opener_policy: what is left between the page and the window that opened it.
        form_origins: where its forms may lead besides this server; Chrome checks the redirects that follow as well.
        retry_after: seconds after which a repeat makes sense.
    """
    headers = {
        **page_headers(style=style, forms=("'self'", *map(policy_source, form_origins)), opener_policy=opener_policy),
        "Cache-Control": "no-store",
        "Content-Language": language,
        "Vary": "Accept-Language",
    }
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return headers
