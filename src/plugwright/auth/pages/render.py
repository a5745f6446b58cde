"""Pages as responses: the template, the sentences, the style sheet and the headers of one page."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from plugwright.auth.pages.brand import Brand
from plugwright.auth.pages.headers import sign_in_headers
from plugwright.auth.pages.language import Language, choose_language
from plugwright.auth.pages.models import ConsentPage, ErrorPage, Page, SignedOutPage, SignInPage
from plugwright.auth.pages.palette import style_rules
from plugwright.auth.pages.texts import Texts, isolated
from plugwright.web.page_headers import OpenerPolicy, style_source

_TEMPLATES: Final[Mapping[type[Page], str]] = MappingProxyType(
    {
        SignInPage: "sign_in.html",
        ConsentPage: "consent.html",
        ErrorPage: "error.html",
        SignedOutPage: "signed_out.html",
    }
)


class Pages:
    """All pages under one brand, compiled once.

    Args:
        brand: what they look like.
        opener_policy: ``same-origin`` cuts a page off from the window that opened it, for good: a client that opened
            a pop-up sees it as closed and its callback has no ``window.opener``. Such clients need ``unsafe-none``.
    """

    def __init__(self, brand: Brand, *, opener_policy: OpenerPolicy = "same-origin") -> None:
        environment = Environment(
            loader=PackageLoader("plugwright.auth.pages", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        source = environment.get_template("style.css").render()
        style = style_rules(brand.color) + source
        environment.filters["isolated"] = isolated
        known: dict[str, object] = {"brand": brand, "style": Markup(style)}  # noqa: S704 a style sheet of our own
        self._style_source = style_source(style)
        self._opener_policy: OpenerPolicy = opener_policy
        self._render: dict[type[Page], Callable[..., str]] = {
            page: environment.get_template(name, globals=known).render for page, name in _TEMPLATES.items()
        }
        self._texts = {language: Texts(language) for language in Language}

    def respond(self, page: Page, *, accept_language: str | None, status: int = 200) -> Response:
        """A page in the language that a person reads, with every header it needs."""
        texts = self._texts[choose_language(accept_language)]
        html = self._render[type(page)](page=page, texts=texts, say=texts.say)
        headers = sign_in_headers(
            language=texts.language,
            style=self._style_source,
            opener_policy=self._opener_policy,
            form_origins=_form_origins(page),
            retry_after=page.wait_seconds if isinstance(page, SignInPage | ErrorPage) else None,
        )
        return HTMLResponse(html, status, headers)


def _form_origins(page: Page) -> Iterable[str]:
    if not isinstance(page, SignInPage | ConsentPage):
        return ()
    first = () if page.redirect_origin is None else (page.redirect_origin,)
    return (*first, *page.onward_origins)
