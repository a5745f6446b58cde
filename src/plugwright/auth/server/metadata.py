"""What the authorization server says of itself (RFC 8414, and the same document where OpenID clients look)."""

from typing import Any

from plugwright.auth.kinds import OAuth
from plugwright.auth.server import urls
from plugwright.auth.server.client_authentication import BASIC, METHODS, POST, PRIVATE_KEY_JWT
from plugwright.auth.server.urls import Urls

OFFLINE_ACCESS = "offline_access"
SIGNING_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


def server_metadata(where: Urls, oauth: OAuth) -> dict[str, Any]:
    """The metadata (RFC 8414 §2; RFC 9207 §3; RFC 9728 §4; client ID metadata documents §5)."""
    registration = {"registration_endpoint": where.at(urls.REGISTER)} if oauth.registration else {}
    return {
        "issuer": where.issuer,
        "authorization_endpoint": where.at(urls.AUTHORIZE),
        "token_endpoint": where.at(urls.TOKEN),
        **registration,
        "revocation_endpoint": where.at(urls.REVOKE),
        "introspection_endpoint": where.at(urls.INTROSPECT),
        "scopes_supported": [*oauth.scopes, OFFLINE_ACCESS],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": list(METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(SIGNING_ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": list(METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": list(SIGNING_ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": [PRIVATE_KEY_JWT, BASIC, POST],
        "introspection_endpoint_auth_signing_alg_values_supported": list(SIGNING_ALGORITHMS),
        "ui_locales_supported": ["en", "zh-Hans"],
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": oauth.client_documents,
        "protected_resources": [where.resource],
    }


def resource_metadata(where: Urls, oauth: OAuth) -> dict[str, Any]:
    """What the protected resource says of itself (RFC 9728 §2)."""
    return {
        "resource": where.resource,
        "authorization_servers": [oauth.issuer.issuer if oauth.issuer else where.issuer],
        "scopes_supported": list(oauth.scopes),
        "bearer_methods_supported": ["header"],
        "resource_documentation": where.at("/"),
    }
