"""What each page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

# Schemes whose links run or read something in the browser instead of leaving for an application.
_DANGEROUS_SCHEMES = frozenset({"javascript", "data", "vbscript", "file", "blob", "filesystem", "about", "view-source"})


class SignInProblem(StrEnum):
    """Why a sign-in has to be tried again."""

    FIELDS_MISSING = "fields_missing"
    WRONG_CREDENTIALS = "wrong_credentials"
    TOO_MANY_TRIES = "too_many_tries"
    BUSY = "busy"
    PAGE_EXPIRED = "page_expired"
    PROVIDER_FAILED = "provider_failed"


class ErrorKind(StrEnum):
    """What went wrong, as far as it concerns a person."""

    CLIENT_UNKNOWN = "client_unknown"
    CLIENT_UNREADABLE = "client_unreadable"
    REDIRECT_UNREGISTERED = "redirect_unregistered"
    REQUEST_INVALID = "request_invalid"
    SCOPE_INVALID = "scope_invalid"
    PAGE_EXPIRED = "page_expired"
    ALREADY_ANSWERED = "already_answered"
    COOKIES_MISSING = "cookies_missing"
    ACCESS_DENIED = "access_denied"
    SIGN_IN_FAILED = "sign_in_failed"
    TOO_MANY_REQUESTS = "too_many_requests"
    UNAVAILABLE = "unavailable"
    NOT_FOUND = "not_found"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class SignInPage:
    """The sign-in page.

    Args:
        ticket: ties the form to this browser and this request; the hidden field ``ticket``.
        action: the path that takes ``ticket``, ``username`` and ``password`` by POST.
        redirect_origin: where the form's answer may lead in the end, see `origins.redirect_origin`.
        client_name: who asks, as the client calls itself.
        username: what was typed before.
        problem: why it has to be tried again.
        wait_seconds: for how long, where trying at once is in vain.
        openid_href: a link that begins the sign-in at an outside provider. A link and no form: a browser holds a form
            to ``form-action`` through every redirect, and a provider may send the person on to others.
        openid_name: the provider's name; needed with ``openid_href``.
        has_password: whether there are accounts with a password.
        onward_origins: where the client's redirect URI is known to send the person on to at once; Chrome
            follows a form's answer only to origins that the page names.
    """

    ticket: str
    action: str
    redirect_origin: str | None
    client_name: str
    username: str = ""
    problem: SignInProblem | None = None
    wait_seconds: int | None = None
    openid_href: str | None = None
    openid_name: str | None = None
    has_password: bool = True
    onward_origins: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not self.has_password and self.openid_href is None:
            raise ValueError("SignInPage: there is no way to sign in; give has_password or openid_href")
        if (self.openid_href is None) != (self.openid_name is None):
            raise ValueError("SignInPage: openid_href and openid_name belong together")


@dataclass(frozen=True, slots=True)
class ConsentScope:
    """One permission: its name, what it means in words, and whether it can be left out."""

    name: str
    description: str
    is_required: bool = False
    is_write: bool = False


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """The page that asks whether a client may act for a person.

    Args:
        ticket: ties the form to this session and this request; the hidden field ``ticket``.
        action: the path that takes ``ticket``, ``scope`` (once for each that is allowed) and ``decision`` (``allow``
            or ``deny``) by POST.
        redirect_origin: where the form's answer leads in the end, see `origins.redirect_origin`.
        account_name: who is signed in.
        client_name: who asks, as the client calls itself.
        client_host: the host of a client id that is a URL, in ASCII.
        redirect_host: where the redirect URI leads, see `origins.redirect_host`.
        is_localhost: whether that is the person's own computer, see `origins.is_loopback`.
        is_verified: whether the operator registered the client.
        scopes: what is asked for.
        sign_out_action: the path that signs this person out, by POST with ``ticket``.
        onward_origins: where the client's redirect URI is known to send the person on to at once; Chrome
            follows a form's answer only to origins that the page names.
    """

    ticket: str
    action: str
    redirect_origin: str | None
    account_name: str
    client_name: str
    client_host: str | None
    redirect_host: str
    is_localhost: bool
    is_verified: bool
    scopes: Sequence[ConsentScope]
    sign_out_action: str
    onward_origins: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ReturnLink:
    """A way back to the client: a person takes it or not (RFC 9700 §4.11.2).

    Args:
        href: the redirect URI with the error in its query.
        host: where it leads, as shown.
    """

    href: str
    host: str

    def __post_init__(self) -> None:
        scheme = urlsplit(self.href).scheme
        if not scheme or scheme in _DANGEROUS_SCHEMES:
            raise ValueError(f"ReturnLink: {self.href[:40]!r} is no address of a client")


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What went wrong, and what a person can do now."""

    kind: ErrorKind
    request_id: str
    return_link: ReturnLink | None = None
    wait_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class SignedOutPage:
    """The person is signed out."""


Page = SignInPage | ConsentPage | ErrorPage | SignedOutPage
