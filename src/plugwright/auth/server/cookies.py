"""The cookies of the sign-in pages: of a browser before anybody signs in, of a session after, and what is on its way.

Over HTTPS their names begin with ``__Host-``: no subdomain and no plain HTTP page can set them (RFC 6265bis §4.1.3.2).
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

_LONGEST = 512


@dataclass(frozen=True, slots=True)
class Cookies:
    """Reads and sets the cookies; ``is_secure``: the plugin is reached over HTTPS."""

    is_secure: bool

    def read(self, request: Request, name: str, *, longest: int = _LONGEST) -> str | None:
        """A cookie's value; nothing when it is absent, or longer than ours are."""
        value = request.cookies.get(self._full(name))
        return value if value and len(value) <= longest else None

    def set(self, response: Response, name: str, value: str, *, seconds: int | None = None) -> None:
        """Set a cookie, until the browser is closed or for so many seconds."""
        response.set_cookie(
            self._full(name), value, max_age=seconds, path="/", secure=self.is_secure, httponly=True, samesite="lax"
        )

    def clear(self, response: Response, name: str) -> None:
        """Take a cookie back."""
        response.delete_cookie(self._full(name), path="/", secure=self.is_secure, httponly=True, samesite="lax")

    def _full(self, name: str) -> str:
        return f"__Host-plugwright-{name}" if self.is_secure else f"plugwright-{name}"
