"""Where the parts of the authorization server are; every URL begins with the configured public URL, the issuer."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from plugwright.auth.resource_server import resources

AUTHORIZE = "/oauth/authorize"
TOKEN = "/oauth/token"  # noqa: S105 a path
REGISTER = "/oauth/register"
REVOKE = "/oauth/revoke"
INTROSPECT = "/oauth/introspect"
SIGN_IN = "/oauth/sign-in"
SIGN_OUT = "/oauth/sign-out"
CONSENT = "/oauth/consent"
OPENID_START = "/oauth/openid/start"
OPENID_CALLBACK = "/oauth/openid/callback"


@dataclass(frozen=True, slots=True)
class Urls:
    """The issuer and what is under it. ``issuer`` has no trailing slash and is never normalised (RFC 8414 §3.3)."""

    issuer: str

    @property
    def resource(self) -> str:
        """The protected resource: what tokens are for when a request does not say."""
        return f"{self.issuer}/mcp"

    @property
    def resources(self) -> frozenset[str]:
        """Every identifier of the protected resource that ``resource`` may name (RFC 8707 §2)."""
        return resources(self.issuer)

    @property
    def base_path(self) -> str:
        """The path of the issuer, empty for most."""
        return urlsplit(self.issuer).path

    def at(self, path: str) -> str:
        """The absolute URL of one of the paths above."""
        return self.issuer + path
