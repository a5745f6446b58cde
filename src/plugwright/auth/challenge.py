"""``WWW-Authenticate`` values: RFC 6750 §3, RFC 9728 §5.1, and the same inside MCP results as ChatGPT reads them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plugwright.errors import AccessRefused, InvalidToken, MalformedCredentials, MissingScope

INVALID_TOKEN = "The token is unknown, expired or revoked, or meant for another service"  # noqa: S105 a sentence
MALFORMED = "Send one Authorization header of the form: Bearer token"
MISSING_SCOPE = "The token was not given every scope that this needs"
SIGN_IN = "Sign in to use this"


@dataclass(frozen=True, slots=True)
class Challenger:
    """Makes challenges. ``metadata_url`` leads to the protected resource metadata; keys have none, but a ``realm``."""

    metadata_url: str | None = None
    realm: str | None = None

    def of(self, error: AccessRefused, scopes: Sequence[str]) -> str:
        """The challenge for a refusal of a call that needs ``scopes``."""
        metadata, scope = self._metadata(), _scope(scopes)
        match error:
            case MalformedCredentials():
                return _bearer(("error", "invalid_request"), ("error_description", MALFORMED), *metadata)
            case MissingScope():
                needed = _scope([*scopes, *error.scopes])
                return _bearer(
                    ("error", "insufficient_scope"), *needed, *metadata, ("error_description", MISSING_SCOPE)
                )
            case InvalidToken():
                return _bearer(("error", "invalid_token"), ("error_description", INVALID_TOKEN), *metadata, *scope)
            case _:
                # No error: the client may not have known that it has to say who it is.
                return _bearer(*metadata, *scope)

    def in_result(self, error: AccessRefused, scopes: Sequence[str]) -> str:
        """The challenge inside an MCP result. ChatGPT's sign-in card needs an error and a description always."""
        if type(error) in {InvalidToken, MalformedCredentials}:
            return self.of(error, scopes)
        wanted = [*scopes, *error.scopes] if isinstance(error, MissingScope) else scopes
        text = MISSING_SCOPE if isinstance(error, MissingScope) else SIGN_IN
        described = (("error", "insufficient_scope"), ("error_description", text))
        return _bearer(*self._metadata(), *described, *_scope(wanted))

    def _metadata(self) -> Iterable[tuple[str, str]]:
        if self.metadata_url is not None:
            return (("resource_metadata", self.metadata_url),)
        return (("realm", self.realm),) if self.realm is not None else ()


def _scope(scopes: Iterable[str]) -> Iterable[tuple[str, str]]:
    text = " ".join(dict.fromkeys(scopes))
    return (("scope", text),) if text else ()


def _bearer(*parameters: tuple[str, str]) -> str:
    # No value holds a quote or a backslash: settings and scopes are checked for it, the sentences are ours.
    return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in parameters)
