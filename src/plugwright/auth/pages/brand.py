"""How the pages look like the author's own: name, logo, colour, and whom to ask."""

import re
from dataclasses import dataclass

from plugwright.auth.pages.colors import is_color
from plugwright.errors import SetupError

# A path of this server: a browser reads "//host" and "/\host" as another one.
_PATH = re.compile(r"/(?![/\\])[^\s\\?#]*")
_URL = re.compile(r"https?://[A-Za-z0-9\[][^\s/?#]*\S*")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class Brand:
    """What the author sets of the pages.

    Args:
        name: the service, in at most 50 characters.
        logo_path: where this server serves the logo; an image of another host is never shown.
        color: ``#rrggbb``; buttons have it, and what must be read on it or in it is computed from it.
        legal_url: the legal page, linked at the foot.
        support_email: whom to ask, linked at the foot.

    Raises:
        SetupError: a value cannot be used.
    """

    name: str
    logo_path: str | None = None
    color: str = "#1f5fd0"
    legal_url: str | None = None
    support_email: str | None = None

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.name.isprintable() or len(self.name) > 50:  # noqa: PLR2004 ChatGPT's limit
            raise SetupError(f"Brand: name {self.name[:60]!r} must be one line of 1 to 50 characters")
        if not is_color(self.color):
            raise SetupError(
                f'Brand: color {self.color!r} must be six hexadecimal digits after a "#", such as "#1f5fd0"'
            )
        self._check("logo_path", _PATH, 'a path of this server such as "/logo.png"')
        self._check("legal_url", _URL, "an absolute http(s) URL")
        self._check("support_email", _EMAIL, "an e-mail address")

    def _check(self, field: str, form: re.Pattern[str], meaning: str) -> None:
        value: str | None = getattr(self, field)
        if value is not None and not form.fullmatch(value):
            raise SetupError(f"Brand: {field} {value!r} is not usable; it must be {meaning}")
