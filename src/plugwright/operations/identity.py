"""What a plugin says of itself, checked against what ChatGPT accepts.

Limits: the final form of the legacy manifest (20 to 50, 100 to 120 and 8,000 characters for the two names and
descriptions), which were enforced; a longer text than the recommended one still loads and is only advised against.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from plugwright.errors import SetupError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_URL = re.compile(r"https?://[A-Za-z0-9\[][^\s/?#]*\S*")
_NUMBER = r"(?:0|[1-9][0-9]*)"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_ONE_LINE = ("title", "summary")
_LIMITS = {"title": 50, "summary": 120, "instructions": 8000}
LOGO_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Name, texts, contact and logo of a plugin.

    Raises:
        SetupError: a text is missing, over ChatGPT's limit or of the wrong form.
    """

    name: str
    title: str
    summary: str
    instructions: str
    version: str
    contact_email: str
    legal_url: str
    logo: Path

    def __post_init__(self) -> None:
        self._check("name", _NAME, "a letter, then at most 49 letters, digits and underscores")
        self._check("contact_email", _EMAIL, "an e-mail address")
        self._check("legal_url", _URL, "an absolute http(s) URL")
        self._check("version", _VERSION, 'a semantic version such as "1.0.0"')
        for field, limit in _LIMITS.items():
            text: str = getattr(self, field)
            if not text.strip():
                raise SetupError(f"Plugin: {field} is empty; ChatGPT requires it")
            if field in _ONE_LINE and not text.isprintable():
                raise SetupError(f"Plugin: {field} must be one line without control characters")
            if len(text) > limit:
                raise SetupError(f"Plugin: {field} has {len(text)} characters, ChatGPT takes {limit}; shorten it")
        if self.logo.suffix.lower() not in LOGO_TYPES:
            raise SetupError(f"Plugin: logo {self.logo.name!r} must be one of {', '.join(sorted(LOGO_TYPES))}")
        if not self.logo.is_file():
            raise SetupError(
                f"Plugin: there is no logo file {self.logo.name!r}; give the path of an image, 512 x 512 at best"
            )

    def _check(self, field: str, form: re.Pattern[str], meaning: str) -> None:
        value: object = getattr(self, field)
        if not isinstance(value, str) or not form.fullmatch(value):
            raise SetupError(f"Plugin: {field} {value!r} is not usable; it must be {meaning}")

    @property
    def logo_path(self) -> str:
        """The path at which the logo is served."""
        return f"/logo{self.logo.suffix.lower()}"

    @property
    def logo_type(self) -> str:
        """The logo's media type."""
        return LOGO_TYPES[self.logo.suffix.lower()]
