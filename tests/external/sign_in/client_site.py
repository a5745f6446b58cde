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

BACK_WITHIN: Final = 20.0
WELCOME: Final = "<!doctype html><title>Client</title><h1>Back at the client</h1>"


@dataclass
class ClientSite:
    """The site of a client."""

    address: str
    document: dict[str, Any] = field(default_factory=dict[str, Any])
    arrivals: asyncio.Queue[dict[str, str]] = field(default_factory=asyncio.Queue[dict[str, str]])
    fetched: int = 0

    @property
    def callback(self) -> str:
        """The redirect URI."""
        return f"{self.address}/callback"

    @property
    def document_url(self) -> str:
        """Where the client's metadata document is, which is its id (client ID metadata documents §3)."""
        return f"{self.address}/client.json"

    async def answer(self) -> dict[str, str]:
        """The parameters with which somebody came back, each given once."""
        async with asyncio.timeout(BACK_WITHIN):
            return await self.arrivals.get()

    async def on_callback(self, request: web.Request) -> web.Response:
        """The page that users come back to."""
        given = list(request.query.items())
        assert len(dict(given)) == len(given), given
        self.arrivals.put_nowait(dict(given))
        return web.Response(text=WELCOME, content_type="text/html")

    async def on_document(self, request: web.Request) -> web.Response:  # noqa: ARG002 a handler's signature
        """The metadata document."""
        self.fetched += 1
        return web.json_response(self.document)


@asynccontextmanager
async def client_site(certificate: Path | None = None) -> AsyncGenerator[ClientSite]:
    """Serve a client's site until the block ends, by TLS when there is a certificate with its key."""
    app = web.Application()
    runner = web.AppRunner(app)
    tls = None
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
    site = ClientSite("")
    app.router.add_get("/callback", site.on_callback)
    app.router.add_get("/client.json", site.on_document)
    await runner.setup()
    listening = web.TCPSite(runner, HOST, 0, ssl_context=tls)
    try:
        await listening.start()
        port = runner.addresses[0][1]
        site.address = f"{'https' if tls else 'http'}://{HOST}:{port}"
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
