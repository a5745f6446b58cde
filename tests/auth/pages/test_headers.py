"""The headers of every page: attacks A14 and L3, and where forms may lead."""

from __future__ import annotations

import base64
import re
from hashlib import sha256

import pytest

from plugwright.auth.pages.models import ErrorKind, ErrorPage, Page, SignInProblem
from plugwright.auth.pages.origins import is_loopback, policy_source, redirect_host, redirect_origin
from tests.auth.pages import samples

EVERY_PAGE = pytest.mark.parametrize("page", samples.every_page().values(), ids=samples.every_page().keys())


def policy_of(page: Page) -> dict[str, str]:
    """The content security policy of a page, by directive."""
    header = samples.pages().respond(page, accept_language=None).headers["content-security-policy"]
    directives = [directive.split(" ", 1) for directive in header.split("; ")]
    assert len(dict(directives)) == len(directives)
    return dict(directives)


@EVERY_PAGE
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_page_has_every_header(page: Page, language: str):
    reply = samples.pages().respond(page, accept_language=language, status=400)
    assert reply.status_code == 400
    headers = dict(reply.headers)
    policy = headers.pop("content-security-policy")
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; img-src 'self'; form-action 'self'[^;,]*; "
        r"frame-ancestors 'none'; base-uri 'none'",
        policy,
    )
    assert re.fullmatch(r"[a-z-]+=\(\)(, [a-z-]+=\(\))*", headers.pop("permissions-policy"))
    headers.pop("retry-after", None)
    assert headers.pop("content-length") == str(len(reply.body))
    assert headers == {
        "cache-control": "no-store",
        "content-language": "zh-Hans" if language == "zh-CN" else "en",
        "content-type": "text/html; charset=utf-8",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "vary": "Accept-Language",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }


@EVERY_PAGE
def test_the_policy_allows_exactly_the_style_sheet_that_is_there(page: Page):
    reply = samples.pages().respond(page, accept_language=None)
    styles = re.findall(r"<style>(.*?)</style>", bytes(reply.body).decode(), re.DOTALL)
    assert len(styles) == 1
    hashed = base64.b64encode(sha256(styles[0].encode()).digest()).decode()
    assert f"style-src 'sha256-{hashed}';" in reply.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("redirect_uri", "origin", "source"),
    [
        ("https://chatgpt.com/connector/oauth/x", "https://chatgpt.com", "https://chatgpt.com"),
        ("https://ChatGPT.com:8443/x?y=z", "https://chatgpt.com:8443", "https://chatgpt.com:8443"),
        ("http://127.0.0.1:1234/callback", "http://127.0.0.1:1234", "http://127.0.0.1:1234"),
        ("http://localhost/callback", "http://localhost", "http://localhost"),
        ("http://[::1]:1234/callback", "http://[::1]:1234", "http:"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("com.example.app:/callback", "com.example.app:", "com.example.app:"),
        ("cursor://anysphere/callback", "cursor:", "cursor:"),
    ],
)
def test_sign_in_and_consent_may_lead_to_the_clients_origin(redirect_uri: str, origin: str, source: str):
    assert redirect_origin(redirect_uri) == origin
    assert policy_source(origin) == source
    for page in (samples.sign_in(redirect_origin=origin), samples.consent(redirect_origin=origin)):
        assert policy_of(page)["form-action"] == f"'self' {source}"


@pytest.mark.parametrize(
    ("redirect_uri", "shown", "is_here"),
    [
        ("https://chatgpt.com/connector/oauth/x", "chatgpt.com", False),
        ("http://127.0.0.1:1234/callback", "127.0.0.1:1234", True),
        ("http://127.8.8.8/callback", "127.8.8.8", True),
        ("http://[::1]:1234/callback", "[::1]:1234", True),
        ("http://localhost:1234/callback", "localhost:1234", True),
        ("https://localhost.example/callback", "localhost.example", False),
        ("https://chаtgpt.com/x", "xn--chtgpt-4nf.com", False),  # noqa: RUF001 - a Cyrillic letter is the attack
        ("https://chatgpt.com@evil.example/x", "evil.example", False),
        ("com.example.app:/callback", "com.example.app", False),
    ],
)
def test_a_redirect_host_is_shown_as_it_is_resolved(redirect_uri: str, shown: str, is_here: bool):
    assert redirect_host(redirect_uri) == shown
    assert is_loopback(redirect_uri) == is_here


def test_other_pages_lead_nowhere_else():
    assert policy_of(samples.error(has_return=True))["form-action"] == "'self'"
    assert policy_of(samples.sign_in(redirect_origin=None))["form-action"] == "'self'"


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "*",
        "https:",
        "http:",
        "https://*",
        "https://a.example; script-src *",
        "https://a.example 'unsafe-inline'",
        "https://a.example, default-src *",
        "https://a.example/path",
        "https://a.example\r\nSet-Cookie: a=b",
        "https://a.example\n",
        "https://user@a.example",
        "javascript:",
        "data:",
        "'none'",
    ],
)
def test_what_is_no_origin_never_reaches_a_header(origin: str):
    with pytest.raises(ValueError, match="no origin"):
        samples.pages().respond(samples.consent(redirect_origin=origin), accept_language=None)


@pytest.mark.parametrize("uri", ["javascript:alert(1)", "data:text/html,x", "/local", "", "https:///x", "https://*/x"])
def test_what_has_no_origin_is_told(uri: str):
    with pytest.raises(ValueError, match="no origin"):
        redirect_origin(uri)


def test_a_wait_is_also_told_to_programs():
    pages = samples.pages()
    refused = samples.sign_in(problem=SignInProblem.TOO_MANY_TRIES, wait_seconds=30)
    busy = ErrorPage(ErrorKind.TOO_MANY_REQUESTS, "req_1", wait_seconds=7)
    assert pages.respond(refused, accept_language=None, status=429).headers["retry-after"] == "30"
    assert pages.respond(busy, accept_language=None, status=429).headers["retry-after"] == "7"
    assert "retry-after" not in pages.respond(samples.sign_in(), accept_language=None).headers
