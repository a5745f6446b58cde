"""The manifest of the first generation of ChatGPT plugins: ``/.well-known/ai-plugin.json``, schema v1."""

from typing import Any

from pydantic_core import to_json

from plugwright.operations.identity import Identity
from plugwright.web.documents import Document


def manifest(identity: Identity, public_url: str) -> dict[str, Any]:
    """The manifest as data; ``public_url`` is the root that every URL in it starts with."""
    return {
        "schema_version": "v1",
        "name_for_human": identity.title,
        "name_for_model": identity.name,
        "description_for_human": identity.summary,
        "description_for_model": identity.instructions,
        "auth": {"type": "none"},
        "api": {"type": "openapi", "url": f"{public_url}/openapi.yaml"},
        "logo_url": f"{public_url}{identity.logo_path}",
        "contact_email": identity.contact_email,
        "legal_info_url": identity.legal_url,
    }


def manifest_document(identity: Identity, public_url: str) -> Document:
    """The manifest as it is served. Browsers fetched it from localhost, hence the private-network header."""
    return Document(
        to_json(manifest(identity, public_url), indent=2),
        "application/json",
        headers=((b"access-control-allow-private-network", b"true"),),
    )
