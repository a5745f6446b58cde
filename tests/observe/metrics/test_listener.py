"""/metrics on a port of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest

from plugwright.cli.shared_metrics import shared_metrics
from plugwright.errors import SetupError
from plugwright.observe.metrics.listener import listen
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.observe.metrics.scraping import OPENMETRICS, openmetrics_samples, samples
from tests.web.plugins import doing, new_plugin

HOST = "127.0.0.1"


@pytest.fixture
def port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


async def sent(port: int, request: bytes) -> tuple[str, str]:
    """Head and body of what is answered to some bytes."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(request)
    async with asyncio.timeout(10):
        answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition("\r\n\r\n")
    return head, body


async def test_a_scrape_is_answered_there_in_either_format(port: int) -> None:
    async def do() -> None: ...

    async with Client(doing(do, name="do"), Settings(metrics_port=port)) as client:
        await client.get("/do")
        head, text = await sent(port, b"GET /metrics HTTP/1.1\r\nHost: any\r\n\r\n")
        _, other = await sent(port, f"GET /metrics HTTP/1.1\r\nACCEPT: {OPENMETRICS}\r\n\r\n".encode())

    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert f"content-length: {len(text)}\r\n" in head
    key = 'plugwright_calls_total{operation="do",outcome="ok",protocol="rest"}'
    assert samples(text)[key] == openmetrics_samples(other)[key] == 1


async def test_head_has_no_body(port: int) -> None:
    async with Client(new_plugin(), Settings(metrics_port=port)):
        head, body = await sent(port, b"HEAD /metrics HTTP/1.1\r\n\r\n")

    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert body == ""


@pytest.mark.parametrize(
    "line",
    [b"GET / HTTP/1.1", b"GET /do HTTP/1.1", b"POST /metrics HTTP/1.1", b"GET /metrics/../do HTTP/1.1", b"nonsense"],
)
async def test_nothing_else_is_served_there(port: int, line: bytes) -> None:
    async with Client(new_plugin(), Settings(metrics_port=port)):
        head, _ = await sent(port, line + b"\r\n\r\n")

    assert head.startswith("HTTP/1.1 404 Not Found\r\n")


async def test_a_request_that_is_too_long_is_not_answered(port: int) -> None:
    async with Client(new_plugin(), Settings(metrics_port=port)):
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"GET /metrics HTTP/1.1\r\n" + b"x" * 100_000)
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(10):
                assert await reader.read() == b""
        writer.close()


async def test_a_request_that_does_not_arrive_is_not_waited_for(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugwright.observe.metrics.listener._PATIENCE", 0.05)
    async with Client(new_plugin(), Settings(metrics_port=port)):
        assert await sent(port, b"GET /metrics") == ("", "")


async def test_with_too_many_connections_further_ones_are_closed_at_once(port: int) -> None:
    async with Client(new_plugin(), Settings(metrics_port=port)):
        idle = [await asyncio.open_connection(HOST, port) for _ in range(20)]
        one_more = await sent(port, b"")
        for _, writer in idle:
            writer.close()
        await asyncio.gather(*(reader.read() for reader, _ in idle))
        head, _ = await sent(port, b"GET /metrics HTTP/1.1\r\n\r\n")

    assert one_more == ("", "")
    assert head.startswith("HTTP/1.1 200 OK")


async def test_figures_of_other_processes_that_cannot_be_read_are_no_figures(port: int, tmp_path: Path) -> None:
    directory = tmp_path / "figures"
    async with Client(new_plugin(), Settings(metrics_port=port, metrics_directory=directory)) as client:
        directory.rename(tmp_path / "elsewhere")
        head, _ = await sent(port, b"GET /metrics HTTP/1.1\r\n\r\n")
        reply = await client.get("/metrics")
        (tmp_path / "elsewhere").rename(directory)

    assert head.startswith("HTTP/1.1 503 Service Unavailable")
    assert (reply.status, reply.json()["code"]) == (503, "unavailable")


async def test_two_processes_listen_on_one_port_and_either_tells_of_both(port: int, tmp_path: Path) -> None:
    async def do() -> None: ...

    settings = Settings(metrics_port=port, metrics_directory=tmp_path)
    async with Client(doing(do, name="do"), settings) as one, Client(doing(do, name="do"), settings) as two:
        for client in (one, one, two):
            await client.get("/do")
        await one.get("/metrics")
        await two.get("/metrics")
        told = {
            samples((await sent(port, b"GET /metrics HTTP/1.1\r\n\r\n"))[1])["plugwright_processes"] for _ in "1234"
        }
        _, text = await sent(port, b"GET /metrics HTTP/1.1\r\n\r\n")

    assert told == {2}
    assert samples(text)['plugwright_calls_total{operation="do",outcome="ok",protocol="rest"}'] == 3


def test_a_port_that_another_program_has_is_refused_before_anything_is_served(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUGWRIGHT_METRICS_PORT", str(port))
    taken = listen(HOST, port, shared=True)
    with (
        taken,
        pytest.raises(SetupError, match=rf"cannot listen on 127.0.0.1:{port} for metrics.*METRICS_PORT"),
        shared_metrics(1),
    ):
        pass


def test_several_workers_have_a_directory_for_as_long_as_they_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLUGWRIGHT_METRICS_DIRECTORY", raising=False)
    seen: list[Path] = []
    with monkeypatch.context() as patched:
        patched.setenv("PLUGWRIGHT_METRICS_DIRECTORY", "")  # so that it is put back
        with shared_metrics(2):
            directory = Settings().metrics_directory
            assert directory is not None
            assert directory.stat().st_mode & 0o777 == 0o700
            seen.append(directory)
    assert not seen[0].exists()
