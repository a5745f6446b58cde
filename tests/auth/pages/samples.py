"""Pages as the weather plugin would show them."""

from __future__ import annotations

from functools import cache
from typing import Final

from plugwright.auth.pages.brand import Brand
from plugwright.auth.pages.models import (
    ConsentPage,
    ConsentScope,
    ErrorKind,
    ErrorPage,
    Page,
    ReturnLink,
    SignedOutPage,
    SignInPage,
    SignInProblem,
)
from plugwright.auth.pages.render import Pages

BRAND: Final = Brand(
    "Weather",
    logo_path="/logo.png",
    color="#0b66c3",
    legal_url="https://weather.example/legal",
    support_email="help@weather.example",
)
CHINESE_BRAND: Final = Brand(
    "天气",
    logo_path="/logo.png",
    color="#0b66c3",
    legal_url="https://weather.example/legal",
    support_email="help@weather.example",
)
READ: Final = ConsentScope("places:read", "See the places you have saved", is_required=True)
WRITE: Final = ConsentScope("places:write", "Save places and remove them", is_write=True)
CHINESE_READ: Final = ConsentScope("places:read", "查看您收藏的地点", is_required=True)
CHINESE_WRITE: Final = ConsentScope("places:write", "收藏和删除地点", is_write=True)


@cache
def pages(brand: Brand = BRAND) -> Pages:
    """The pages of a brand; compiling them takes longer than most tests, and they keep nothing."""
    return Pages(brand)


def sign_in(
    *,
    client_name: str = "ChatGPT",
    redirect_origin: str | None = "https://chatgpt.com",
    username: str = "",
    problem: SignInProblem | None = None,
    wait_seconds: int | None = None,
    provider: str | None = None,
    has_password: bool = True,
) -> SignInPage:
    """A sign-in page."""
    return SignInPage(
        ticket="ticket-1",
        action="/oauth/sign-in",
        redirect_origin=redirect_origin,
        client_name=client_name,
        username=username,
        problem=problem,
        wait_seconds=wait_seconds,
        openid_href=None if provider is None else "/oauth/openid/start?ticket=ticket-1",
        openid_name=provider,
        has_password=has_password,
    )


def consent(
    *scopes: ConsentScope,
    client_name: str = "ChatGPT",
    client_host: str | None = "chatgpt.com",
    account_name: str = "mina",
    redirect_origin: str | None = "https://chatgpt.com",
    redirect_host: str = "chatgpt.com",
    is_localhost: bool = False,
    is_verified: bool = True,
) -> ConsentPage:
    """A consent page; without scopes it asks for none."""
    return ConsentPage(
        ticket="ticket-2",
        action="/oauth/consent",
        redirect_origin=redirect_origin,
        account_name=account_name,
        client_name=client_name,
        client_host=client_host,
        redirect_host=redirect_host,
        is_localhost=is_localhost,
        is_verified=is_verified,
        scopes=scopes,
        sign_out_action="/oauth/sign-out",
    )


def local_consent(*scopes: ConsentScope) -> ConsentPage:
    """The consent page for a client that nobody checked, on this computer."""
    return consent(
        *scopes,
        client_name="Notes assistant",
        client_host=None,
        redirect_origin="http://127.0.0.1:53682",
        redirect_host="127.0.0.1:53682",
        is_localhost=True,
        is_verified=False,
    )


def error(kind: ErrorKind = ErrorKind.REDIRECT_UNREGISTERED, *, has_return: bool = False) -> ErrorPage:
    """An error page."""
    link = ReturnLink("https://chatgpt.com/connector/oauth/x?error=invalid_scope&state=s", "chatgpt.com")
    return ErrorPage(kind, "req_4kT9xQ2m", link if has_return else None)


def every_page() -> dict[str, Page]:
    """Every page and every variant of it, by a path."""
    every: dict[str, Page] = {
        "sign-in": sign_in(),
        "sign-in/openid": sign_in(provider="Example ID"),
        "sign-in/openid-only": sign_in(provider="Example ID", has_password=False),
        "consent": consent(READ, WRITE),
        "consent/none": consent(),
        "consent/localhost": local_consent(READ, WRITE),
        "consent/long": consent(
            ConsentScope("s" * 60, "word " * 60, is_write=True),
            ConsentScope("t:1", "W" * 300),
            client_name="M" * 5000,
            client_host=".".join(["h" * 60] * 4),
            account_name="a" * 100,
            is_verified=False,
        ),
        "error/return": error(ErrorKind.SCOPE_INVALID, has_return=True),
        "signed-out": SignedOutPage(),
    }
    for problem in SignInProblem:
        every[f"sign-in/{problem}"] = sign_in(username="mina", problem=problem, wait_seconds=30, provider="Example ID")
    for kind in ErrorKind:
        every[f"error/{kind}"] = error(kind)
    return every
