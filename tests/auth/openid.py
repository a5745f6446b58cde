"""A small OpenID provider on loopback, which signs a person in at once and can be told to misbehave."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from plugwright.auth.kinds import OpenIdProvider
from plugwright.auth.server.openid_provider import OpenIdSignIn
from plugwright.upstream.safe_fetch import SafeFetch
from tests.auth.outside import NOW, Clock, ec_key, public, signed
from tests.upstream.servers import Server, reply, serving

CLIENT_ID = "plugin:1"
CLIENT_SECRET = "s3cret+/"  # noqa: S105 - of the provider in this file
CALLBACK = "https://plugin.example/oauth/openid/callback"


class Provider:
    """The provider. ``metadata``, ``claims``, ``header`` and ``token_reply`` override what it would say."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.issuer = server.origin
        self.metadata: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.key: Any = ec_key()
        self.alg = "ES256"
        self.token_reply: bytes | None = None
        self.form: dict[str, str] = {}
        self.codes: dict[str, dict[str, str]] = {}

    def sign_in(self, url: str) -> list[tuple[str, str]]:
        """What the browser brings back from the authorization endpoint."""
        request = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = request
        return [("code", code), ("state", request["state"]), ("iss", self.issuer)]

    def answer(self, head: bytes, body: bytes) -> bytes:
        path = head.split(b" ")[1].decode()
        match path:
            case "/.well-known/openid-configuration":
                return _json(self._metadata())
            case "/jwks":
                return _json(public(ec_key()))
            case "/token":
                return self.token_reply or self._token(body)
            case _:
                return reply(b"{}", status="404 Not Found")

    def _metadata(self) -> dict[str, Any]:
        names = {"authorization_endpoint": "/authorize?tenant=1", "token_endpoint": "/token", "jwks_uri": "/jwks"}
        endpoints = {name: f"{self.issuer}{path}" for name, path in names.items()}
        return {"issuer": self.issuer, **endpoints, **self.metadata}

    def _token(self, body: bytes) -> bytes:
        self.form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        request = self.codes.pop(self.form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.form["code_verifier"].encode()).digest())
        if request is None or challenge.rstrip(b"=").decode() != request["code_challenge"]:
            return _json({"error": "invalid_grant"}, status="400 Bad Request")
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "248289761001",
            "exp": NOW + 300,
            "iat": NOW,
            "nonce": request["nonce"],
            "name": "Jane Doe",
            "email": "jane@example.com",
            "email_verified": True,
            **self.claims,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        id_token = signed(kept, self.key, self.alg, **{"typ": "JWT", **self.header})
        return _json({"access_token": "unused", "token_type": "Bearer", "id_token": id_token})


@asynccontextmanager
async def provider(scopes: tuple[str, ...] = ("openid", "email")) -> AsyncGenerator[tuple[Provider, OpenIdSignIn]]:
    """The provider, and sign-in by it."""
    running: list[Provider] = []

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(running[0].answer(head, running[0].server.bodies[-1]))

    async with serving(answer) as server:
        running.append(Provider(server))
        fetch = SafeFetch([server.origin])
        sign_in = OpenIdSignIn(
            OpenIdProvider(server.origin, "Example Corp", scopes),
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            redirect_uri=CALLBACK,
            fetch=fetch,
            now=Clock(),
        )
        try:
            yield running[0], sign_in
        finally:
            await fetch.aclose()


def _json(value: Any, status: str = "200 OK") -> bytes:
    return reply(json.dumps(value).encode(), status=status)
