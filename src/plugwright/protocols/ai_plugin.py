"""The manifest of the first generation of ChatGPT plugins: ``/.well-known/ai-plugin.json``, schema v1."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json

from plugwright.auth.kinds import Auth, OAuth, ServiceKey
from plugwright.operations.identity import Identity
from plugwright.web.documents import Document


@dataclass(frozen=True, slots=True)
class ManifestAuth:
    """What the manifest's ``auth`` is made of.

    ``verification_tokens`` are those that services gave the operator to show; ``token_content_type`` is how token
    requests are to be sent.
    """

    auth: Auth = None
    verification_tokens: Mapping[str, str] = field(default_factory=dict[str, str])
    token_content_type: str = "application/x-www-form-urlencoded"  # noqa: S105 a media type


def manifest(identity: Identity, public_url: str, auth: ManifestAuth | None = None) -> dict[str, Any]:
    """The manifest as data; ``public_url`` is the root that every URL in it starts with."""
    return {
        "schema_version": "v1",
        "name_for_human": identity.title,
        "name_for_model": identity.name,
        "description_for_human": identity.summary,
        "description_for_model": identity.instructions,
        "auth": _auth(auth or ManifestAuth(), public_url),
        "api": {"type": "openapi", "url": f"{public_url}/openapi.yaml"},
        "logo_url": f"{public_url}{identity.logo_path}",
        "contact_email": identity.contact_email,
        "legal_info_url": identity.legal_url,
    }


def manifest_document(identity: Identity, public_url: str, auth: ManifestAuth | None = None) -> Document:
    """The manifest as it is served. Browsers fetched it from localhost, hence the private-network header."""
    return Document(
        to_json(manifest(identity, public_url, auth), indent=2),
        "application/json",
        headers=((b"access-control-allow-private-network", b"true"),),
    )


def _auth(given: ManifestAuth, public_url: str) -> dict[str, Any]:
    auth, tokens = given.auth, dict(given.verification_tokens)
    if auth is None:
        return {"type": "none"}
    if isinstance(auth, ServiceKey):
        return {"type": "service_http", "authorization_type": "bearer", "verification_tokens": tokens}
    if isinstance(auth, OAuth):
        return {
            "type": "oauth",
            "client_url": f"{public_url}/oauth/authorize",
            "scope": " ".join(auth.described),
            # The protocol of 2023 calls the token endpoint so.
            "authorization_url": f"{public_url}/oauth/token",
            "authorization_content_type": given.token_content_type,
            "verification_tokens": tokens,
        }
    return {"type": "user_http", "authorization_type": "bearer"}
