"""What a client publishes: the page that users come back to, and the document that says who it is."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.external.servers import HOST

BACK_WITHIN: Final = 30.0
WELCOME: Final = "<!doctype html><title>Client</title><h1>Back at the client</h1>"


@dataclass
class ClientSite:
    """The site of a client: its documents by path, and every other path is a page that users come back to."""

    address: str = ""
    documents: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    arrivals: asyncio.Queue[dict[str, str]] = field(default_factory=asyncio.Queue[dict[str, str]])
    fetched: list[str] = field(default_factory=list[str])

    @property
    def callback(self) -> str:
        """A redirect URI."""
        return f"{self.address}/callback"

    @property
    def document_url(self) -> str:
        """Where the client's metadata document is, which is its id (client ID metadata documents §3)."""
        return f"{self.address}/client.json"

    def describe(self, name: str, redirect_uri: str, **more: Any) -> None:
        """Publish the metadata document, of a public client unless it says more."""
        usual = {"client_id": self.document_url, "client_name": name, "redirect_uris": [redirect_uri]}
        self.documents["/client.json"] = {**usual, "token_endpoint_auth_method": "none", **more}

    async def answer(self) -> dict[str, str]:
        """The parameters with which somebody came back, each given once."""
        async with asyncio.timeout(BACK_WITHIN):
            return await self.arrivals.get()

    async def serve(self, request: web.Request) -> web.Response:
        """Answer one request of a browser or a server."""
        if (document := self.documents.get(request.path)) is not None:
            self.fetched.append(request.path)
            return web.json_response(document)
        if request.path != "/favicon.ico":
            given = list(request.query.items())
            assert len(dict(given)) == len(given), given
            self.arrivals.put_nowait(dict(given))
        return web.Response(text=WELCOME, content_type="text/html")


@asynccontextmanager
async def client_site(certificate: Path | None = None, port: int = 0) -> AsyncGenerator[ClientSite]:
    """Serve a client's site until the block ends, by TLS when there is a certificate with its key."""
    tls = None
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
    site, app = ClientSite(), web.Application()
    app.router.add_get("/{path:.*}", site.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port, ssl_context=tls).start()
        site.address = f"{'https' if tls else 'http'}://{HOST}:{runner.addresses[0][1]}"
        yield site
    finally:
        await runner.cleanup()


def make_certificate(path: Path) -> Path:
    """A file with a key and a certificate for this machine, which vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Plugwright tests")])
    today = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + certificate.public_bytes(encoding))
    return path


def trusting(certificate: Path) -> dict[str, str]:
    """The environment of a process that trusts a certificate, and no other."""
    return {"SSL_CERT_FILE": str(certificate)}
