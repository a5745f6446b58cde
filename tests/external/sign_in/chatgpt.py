"""ChatGPT as a client of a plugin, step by step as its contract tells: today's flow over HTTP, nothing skipped."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.auth.server.flows import Browser, Pkce, Reply, pkce
from tests.external.sign_in.client_site import ClientSite

HOSTS: Final = ("chatgpt.com", "chat.openai.com")
REDIRECT_URI: Final = "https://chatgpt.com/connector_platform_oauth_redirect"
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PARAMETER: Final = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Found:
    """What discovery found: the resource, its authorization server, and the scope that the challenge asks for."""

    resource: str
    server: Mapping[str, Any]
    scope: str


@dataclass(frozen=True)
class Identity:
    """Who the client is, and how it proves that."""

    client_id: str
    secret: str | None = None
    key: RSAKey | None = None

    def proof(self, server: Mapping[str, Any]) -> dict[str, str]:
        """The parameters of a request that prove the client (RFC 6749 §2.3.1, RFC 7523 §2.2)."""
        proof = {"client_id": self.client_id}
        if self.secret is not None:
            proof["client_secret"] = self.secret
        if self.key is not None:
            proof |= {"client_assertion_type": ASSERTION, "client_assertion": self._assertion(self.key, server)}
        return proof

    def _assertion(self, key: RSAKey, server: Mapping[str, Any]) -> str:
        now = int(time.time())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": server["token_endpoint"]}
        more = {"iat": now, "exp": now + 60, "jti": secrets.token_urlsafe(16)}
        return jwt.encode({"alg": "RS256", "kid": key.kid}, claims | more, key)


@dataclass(frozen=True)
class Asked:
    """An authorization request that a person was sent to."""

    url: str
    state: str
    pair: Pkce


async def discover(http: Browser, challenge: str) -> Found:
    """From a challenge to the resource's metadata, and on to its authorization server's (RFC 9728 §5, RFC 8414 §3)."""
    given = dict(PARAMETER.findall(challenge))
    resource = await http.get(given["resource_metadata"])
    assert resource.status == 200, resource.text
    issuer = str(resource.json()["authorization_servers"][0])
    path = urlsplit(issuer).path
    server = await http.get(f"{issuer.removesuffix(path)}/.well-known/oauth-authorization-server{path}")
    assert server.status == 200, server.text
    metadata = server.json()
    assert metadata["issuer"] == issuer
    assert "S256" in metadata["code_challenge_methods_supported"]
    assert metadata["authorization_response_iss_parameter_supported"] is True
    return Found(resource.json()["resource"], metadata, given["scope"])


async def register(http: Browser, found: Found) -> Identity:
    """Register dynamically (RFC 7591)."""
    metadata = {
        "client_name": "ChatGPT",
        "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }
    reply = await http.request("POST", found.server["registration_endpoint"], json=metadata)
    assert reply.status == 201, reply.text
    return Identity(reply.json()["client_id"])


def publish(published: ClientSite, found: Found) -> Identity:
    """Publish who it is, with keys, at a URL that is the client's id."""
    assert found.server["client_id_metadata_document_supported"] is True
    key = RSAKey.generate_key(2048, {"kid": "chatgpt-1"})
    published.documents["/jwks.json"] = {"keys": [key.as_dict(private=False)]}
    published.describe(
        "ChatGPT",
        REDIRECT_URI,
        client_uri=f"{published.address}/",
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        token_endpoint_auth_methods_supported=["none", "private_key_jwt"],
        token_endpoint_auth_method="private_key_jwt",  # noqa: S106 a method's name
        token_endpoint_auth_signing_alg="RS256",  # noqa: S106 an algorithm's name
        jwks_uri=f"{published.address}/jwks.json",
    )
    return Identity(published.document_url, key=key)


def ask(found: Found, identity: Identity) -> Asked:
    """The authorization request, with PKCE and the resource (RFC 7636 §4.3, RFC 8707 §2.1)."""
    pair, state = pkce(), secrets.token_urlsafe(24)
    query = {
        "response_type": "code",
        "client_id": identity.client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": f"{found.scope} offline_access",
        "state": state,
        "code_challenge": pair.challenge,
        "code_challenge_method": "S256",
        "resource": found.resource,
    }
    return Asked(f"{found.server['authorization_endpoint']}?{urlencode(query)}", state, pair)


def code_of(answer: Mapping[str, str], found: Found, asked: Asked) -> str:
    """The code of a response that answers this request and comes from this issuer (RFC 9207 §2.4)."""
    assert "error" not in answer, answer
    assert answer["state"] == asked.state
    assert answer["iss"] == found.server["issuer"]
    return answer["code"]


async def exchange(http: Browser, found: Found, identity: Identity, asked: Asked, code: str) -> dict[str, Any]:
    """Tokens for a code."""
    return await _tokens(
        http,
        found,
        identity,
        grant_type="authorization_code",
        code=code,
        redirect_uri=REDIRECT_URI,
        code_verifier=asked.pair.verifier,
    )


async def refresh(http: Browser, found: Found, identity: Identity, token: str) -> dict[str, Any]:
    """New tokens for a refresh token."""
    return await _tokens(http, found, identity, grant_type="refresh_token", refresh_token=token)


async def _tokens(http: Browser, found: Found, identity: Identity, **form: str) -> dict[str, Any]:
    reply = await http.post(
        found.server["token_endpoint"], {**form, "resource": found.resource, **identity.proof(found.server)}
    )
    assert reply.status == 200, reply.text
    assert reply.headers["Cache-Control"] == "no-store"
    given = reply.json()
    assert given["token_type"].lower() == "bearer"
    return given


async def revoke(http: Browser, found: Found, identity: Identity, token: str) -> Reply:
    """Give a token back (RFC 7009)."""
    return await http.post(found.server["revocation_endpoint"], {"token": token, **identity.proof(found.server)})


async def call_tool(
    http: Browser, found: Found, token: str | None, tool: str, arguments: Mapping[str, str] | None = None
) -> Reply:
    """Call a tool by the Model Context Protocol."""
    params = {"name": tool, "arguments": arguments or {}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
    return await http.request("POST", found.resource, json=message, headers=headers | bearer(token))


def bearer(token: str | None) -> dict[str, str]:
    """The header that carries an access token (RFC 6750 §2.1)."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}
