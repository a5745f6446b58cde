"""Spans leave a served plugin by OTLP over HTTP, as the variables of OpenTelemetry say."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from tests.external.counting import TARGET
from tests.external.servers import HOST, Server, free_port, stop
from tests.serving.processes import serve

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PROTOCOL: Any = trace_service_pb2  # its types are made at run time


@dataclass
class Collector:
    """A collector of spans: what was sent to it, to which path and with which headers."""

    port: int = 0
    paths: set[str] = field(default_factory=set[str])
    keys: set[str | None] = field(default_factory=set[str | None])
    requests: list[Any] = field(default_factory=list[Any])

    @property
    def resources(self) -> Sequence[dict[str, str]]:
        """What was said of the processes that sent something."""
        return [
            {each.key: each.value.string_value for each in group.resource.attributes}
            for request in self.requests
            for group in request.resource_spans
        ]

    @property
    def spans(self) -> Sequence[Any]:
        """The spans."""
        return [
            span
            for request in self.requests
            for group in request.resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        ]


@contextlib.contextmanager
def collecting() -> Generator[Collector]:
    """A collector while the block runs."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.requests.append(PROTOCOL.ExportTraceServiceRequest.FromString(body))
            collector.paths.add(self.path)
            collector.keys.add(self.headers["x-key"])
            answer = PROTOCOL.ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 as the class has it
            """Keep quiet."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    collector.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def call(server: Server) -> int:
    """The status of one call that belongs to a trace."""
    connection = http.client.HTTPConnection(HOST, server.port, timeout=10)
    try:
        connection.request("GET", "/process", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
        reply = connection.getresponse()
        reply.read()
        return reply.status
    finally:
        connection.close()


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """Go to the collector without a proxy, and wait with what there is to send until the end."""
    monkeypatch.setenv("NO_PROXY", HOST)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "60000")


def test_spans_are_sent_before_the_process_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{HOST}:{collector.port}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=abc")
        with serve(target=TARGET, tracing="true", call_log="false") as serving:
            assert [call(serving.server) for _ in range(3)] == [200] * 3
            stop(serving.process)
            assert serving.process.returncode == 0

    assert [span.name for span in collector.spans] == ["process"] * 3
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE}
    assert {span.kind for span in collector.spans} == {2}  # a server's
    assert all(0 < span.end_time_unix_nano - span.start_time_unix_nano < 10**9 for span in collector.spans)
    assert (collector.paths, collector.keys) == ({"/v1/traces"}, {"abc"})
    (resource,) = collector.resources
    assert (resource["service.name"], resource["service.version"]) == ("counting", "1.0.0")


def test_the_operators_name_of_the_service_goes_before_that_of_the_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"http://{HOST}:{collector.port}/own")
        monkeypatch.setenv("OTEL_SERVICE_NAME", "weather-eu")
        with serve("--workers", "1", target=TARGET, tracing="true", call_log="false") as serving:
            assert call(serving.server) == 200
            stop(serving.process)

    assert collector.paths == {"/own"}
    assert {resource["service.name"] for resource in collector.resources} == {"weather-eu"}


def test_a_collector_that_is_away_neither_fails_calls_nor_keeps_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{HOST}:{free_port()}")
    with serve(target=TARGET, tracing="true", call_log="false") as serving:
        assert [call(serving.server) for _ in range(3)] == [200] * 3
        started = time.monotonic()
        stop(serving.process)

    assert serving.process.returncode == 0
    assert time.monotonic() - started < 9
