"""Where spans go: to the provider that the process has already, else by OTLP over HTTP, as the OTEL_ variables say."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable

from opentelemetry import trace
from opentelemetry.trace import ProxyTracerProvider, Tracer

from plugwright.errors import SetupError
from plugwright.operations.identity import Identity
from plugwright.version import __version__

_LAST_SECONDS = 3.0  # for what is left to be sent at the end


class TraceExport:
    """The way of spans out of a process. `close` sends what is left."""

    def __init__(self, identity: Identity) -> None:
        self._shutdown: Callable[[], None] | None = None
        if isinstance(trace.get_tracer_provider(), ProxyTracerProvider):
            self._open(identity)
        self.tracer: Tracer = trace.get_tracer("plugwright", __version__)
        """What makes spans."""

    def _open(self, identity: Identity) -> None:
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
            from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 they come with the extra
            from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
            from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        except ModuleNotFoundError:
            raise SetupError("PLUGWRIGHT_TRACING: OpenTelemetry is missing; install plugwright[otel]") from None
        told = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
        named = {} if told else {"service.name": identity.name}
        provider = TracerProvider(resource=Resource.create({**named, "service.version": identity.version}))
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        # What the author's own code makes spans with goes the same way, and hangs below those of calls.
        trace.set_tracer_provider(provider)
        self._shutdown = provider.shutdown

    async def close(self) -> None:
        """Send what is left, for a few seconds at most: a collector that is away keeps no process from ending."""
        if self._shutdown is None:
            return
        loop = asyncio.get_running_loop()
        done = asyncio.Event()
        shutdown = self._shutdown

        def end() -> None:
            try:
                shutdown()
            finally:
                with contextlib.suppress(RuntimeError):  # nobody waits any more
                    loop.call_soon_threadsafe(done.set)

        threading.Thread(target=end, name="plugwright-spans", daemon=True).start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                await done.wait()
