"""Certificates: a server that cannot prove its name is not spoken to."""

import asyncio
import datetime as dt
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from plugwright import Upstream, UpstreamUnavailable
from plugwright.upstream.safe_fetch import FetchFailed, SafeFetch


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's context with a certificate for localhost that nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


async def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(tmp_path: Path):
    requests: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.read(100))
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=self_signed(tmp_path))
    origin = f"https://localhost:{server.sockets[0].getsockname()[1]}"
    fetch = SafeFetch([origin])

    with pytest.raises(FetchFailed):
        await fetch.get(f"{origin}/", max_bytes=100, deadline_seconds=5)
    await fetch.aclose()
    server.close()
    await server.wait_closed()

    assert requests == []


async def test_an_upstream_is_spoken_to_only_when_its_certificate_is_known(tmp_path: Path):
    requests: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.read(100))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=self_signed(tmp_path))
    url = f"https://localhost:{server.sockets[0].getsockname()[1]}"
    async with Upstream(url, attempts=1) as stranger:
        with pytest.raises(UpstreamUnavailable):
            await stranger.request("DELETE", "/")
    seen_by_stranger = list(requests)
    async with Upstream(url, tls=ssl.create_default_context(cafile=str(tmp_path / "server.pem"))) as friend:
        reply = await friend.request("DELETE", "/")
    server.close()
    await server.wait_closed()

    assert seen_by_stranger == []
    assert reply.status == 204
