"""A plugin, compiled and wired: operations into plans, plans into endpoints, endpoints into one ASGI application."""

import secrets
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from plugwright.assembly import (
    Parts,
    body_limits,
    make_auth_service,
    make_call_audit,
    make_cold_endpoints,
    make_guards,
    make_keyed_calls,
    make_mcp_server,
    make_readiness,
    make_router,
    open_database,
    open_jobs,
    open_tracing,
    open_valkey,
    prepare_database,
    sweeping,
)
from plugwright.auth.production import check_production, worker_count
from plugwright.calls.admission import Admission
from plugwright.calls.batch import add_batches
from plugwright.calls.caching import make_cache, recalling, recalls_of, step_of
from plugwright.calls.limiting import Counting, limit_plans
from plugwright.calls.plan import Plan, compile_plan
from plugwright.calls.runtime import Runtime
from plugwright.calls.selecting import selecting
from plugwright.errors import SetupError
from plugwright.measuring import Measured, Measuring
from plugwright.observe.call_log import CONSOLE_LINES, JSON_LINES, CallLog
from plugwright.observe.counters import CallCounters
from plugwright.observe.health import health_endpoints
from plugwright.observe.life import Life
from plugwright.observe.logs import failure_reporter, log_style, make_logger
from plugwright.observe.principal_digests import principal_digests
from plugwright.observe.request_ids import request_ids
from plugwright.protocols.mcp.http import McpEndpoint
from plugwright.settings import Settings
from plugwright.web.addresses import Addresses
from plugwright.web.asgi import ASGIApp, Receive, Scope, Send
from plugwright.web.callers import Callers
from plugwright.web.compression import Compressor
from plugwright.web.hosts import Hosts
from plugwright.web.origins import Origins
from plugwright.web.page_headers import browser_headers
from plugwright.web.self_test import check_first_requests
from plugwright.web.site import Site

if TYPE_CHECKING:
    from plugwright.auth.demo import DemoAccount


class Application:
    """The ASGI application of a plugin. `running` opens its lifespan where no server does.

    ``now`` gives seconds since the epoch, to everything that tokens and sign-in have to do with time; ``clock`` those
    that limits count.
    """

    def __init__(
        self,
        parts: Parts,
        settings: Settings,
        *,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        check_production(settings, parts.needs, worker_count())
        self._parts = parts
        self._settings = settings
        self._now = now
        self._host = settings.public_host
        self.life = Life()
        style = log_style(settings)
        log = make_logger(style)
        self.counters = CallCounters()
        digest = principal_digests(next(iter(settings.secret_texts), secrets.token_hex(32)))
        self._call_log = CallLog(JSON_LINES if style.form == "json" else CONSOLE_LINES, digest)
        self.runtime = Runtime(
            observers=[self.counters, self._call_log] if settings.call_log else [self.counters],
            executor=ThreadPoolExecutor(settings.threads, thread_name_prefix="plugwright"),
            log=log,
            report=failure_reporter(log),
            next_request_id=request_ids(),
            admission=Admission(settings.max_concurrent_calls, settings.queue_time),
        )
        self._close_traces = open_tracing(settings, parts.identity, self.runtime)
        self.valkey = open_valkey(settings, log)
        self.runtime.database = self.database = open_database(parts, settings)
        self.runtime.audit = make_call_audit(self.database, self.runtime, now)
        self.jobs = open_jobs(parts, self.database, settings, now, self.valkey)
        if self.jobs is not None:
            parts = replace(parts, registry=self.jobs.registry)
        registered = parts.registry.operations
        self.cache = make_cache(
            registered.values(),
            parts.cached,
            settings,
            now=now,
            report=self.runtime.report,
            valkey=self.valkey,
            plugin=parts.identity.name,
        )
        self.runtime.invalidate = self.cache and self.cache.invalidate
        self.keyed = make_keyed_calls(parts, self.database, settings, self.runtime, now)
        self.operations = {
            name: (
                operation,
                selecting(
                    operation,
                    compile_plan(
                        operation.handler,
                        operation.output.encode,
                        self.runtime,
                        step_of(self.cache, parts.identity, operation),
                        self.keyed and self.keyed.step(operation),
                    ),
                ),
            )
            for name, operation in registered.items()
            if operation.batch_of is None
        }
        processes = settings.processes or worker_count()
        counting = Counting(parts.identity.name, clock, self.valkey, processes)
        self.operations = limit_plans(self.operations, parts.limits, counting)
        self.operations = add_batches(registered, self.operations, self.runtime)
        self.readiness = make_readiness(self.life, self.runtime, self.database, self.valkey)
        self.auth = make_auth_service(self._parts, self.database, settings, self.runtime, now)
        guards = make_guards(parts, self.auth)
        self.mcp = make_mcp_server(parts, list(self.operations.values()), self.runtime, settings, guards)
        callers = Callers(
            Hosts((settings.public_host, *settings.allowed_hosts), is_loopback=settings.is_loopback),
            Origins((*settings.cors_origins, settings.public_url), is_loopback=settings.is_loopback),
            Addresses(settings.trusted_proxy_hops),
        )
        self._compressor = Compressor() if settings.compression else None
        measured = Measured(
            identity=parts.identity,
            runtime=self.runtime,
            counters=self.counters,
            limiters={name: plan.limiter for name, (_, plan) in self.operations.items() if plan.limiter is not None},
            cache=self.cache,
            valkey=self.valkey,
            database=self.database,
            auth=self.auth,
            jobs=self.jobs,
        )
        self._measuring = Measuring(measured, settings, callers)
        endpoints = {
            **make_cold_endpoints(parts, callers, settings, self.runtime, self.auth, compressor=self._compressor),
            **health_endpoints(
                self.readiness,
                name=parts.identity.name,
                version=parts.identity.version,
                next_request_id=self.runtime.next_request_id,
            ),
            **self._measuring.apps,
        }
        self._site = Site(
            endpoints,
            self.auth and self.auth.endpoints,
            callers,
            browser_headers(settings.hsts_seconds),
            self.runtime.next_request_id,
        )
        self._router = make_router(
            self.operations, callers, settings, self.runtime, guards, now=now, compressor=self._compressor
        )
        # Bound methods, and MCP among the paths: what is called most is found at once.
        self._hot: Mapping[str, ASGIApp] = {
            **{path: endpoint.serve for path, endpoint in self._router.exact.items()},
            "/mcp": McpEndpoint(
                self.mcp,
                callers=callers,
                limits=body_limits(settings),
                next_request_id=self.runtime.next_request_id,
                compressor=self._compressor,
            ).serve,
        }

    def direct_plan(self, name: str) -> Plan:
        """The plan that runs an operation at once, also where its calls are queued."""
        if self.operations[name][0].is_background:
            own = self._parts.registry.operations[name]
            return compile_plan(own.handler, own.output.encode, self.runtime)
        return self.operations[name][1]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the server's lifespan."""
        if scope["type"] == "http":
            path = scope["path"]
            endpoint = self._hot.get(path)
            if endpoint is not None:
                await endpoint(scope, receive, send)
            else:
                await self._serve_other(path, scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    async def _serve_other(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        if path not in self._site.endpoints and (found := self._router.find(path, scope.get("raw_path"))) is not None:
            endpoint, values = found
            await endpoint.serve(scope, receive, send, values)
        else:
            await self._site.serve(path, scope, receive, send)

    def _welcome(self, demo: "DemoAccount") -> None:
        self.runtime.log.warning(
            "demo account, for development only", username=demo.username, password=demo.password.get_secret_value()
        )

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        stack = AsyncExitStack()
        try:
            await stack.enter_async_context(self.running())
        except SetupError as error:
            await send({"type": "lifespan.startup.failed", "message": error.message})
            return
        except Exception as error:  # noqa: BLE001 the process ends here
            self.runtime.report("lifespan", "", error)
            await send({"type": "lifespan.startup.failed", "message": "the plugin's lifespan failed to start"})
            return
        await send({"type": "lifespan.startup.complete"})
        if self.jobs is not None and not self._settings.serves_jobs:
            self.runtime.log.info(
                "jobs_wait_for_workers", mend="run `plugwright worker`, or set PLUGWRIGHT_JOBS=embedded"
            )
        await receive()
        try:
            await stack.aclose()
        except Exception as error:  # noqa: BLE001 the process ends here
            self.runtime.report("lifespan", "", error)
            await send({"type": "lifespan.shutdown.failed", "message": "the plugin's lifespan failed to end"})
        else:
            await send({"type": "lifespan.shutdown.complete"})

    @asynccontextmanager
    async def running(self, *, runs_jobs: bool | None = None) -> AsyncGenerator[None]:
        """Open what sign-in needs and the author's lifespan, and close everything at the end.

        ``runs_jobs``: whether queued calls are run here; by default as the settings say.
        """
        if runs_jobs is None:
            runs_jobs = self._settings.serves_jobs
        try:
            async with AsyncExitStack() as stack:
                stack.push_async_callback(self._close_traces)
                if self.valkey is not None:
                    stack.push_async_callback(self.valkey.close)
                if self.database is not None:
                    stack.callback(self.database.close)
                    prepare_database(self.database, self._parts.tables)
                    await stack.enter_async_context(sweeping(self.database, self.runtime, self._settings, self._now))
                if self.runtime.audit is not None:
                    await stack.enter_async_context(self.runtime.audit.buffer.running())
                if self.auth is not None:
                    await stack.enter_async_context(self.auth.running(self._welcome))
                self.runtime.state = await stack.enter_async_context(self._parts.lifespan())
                if self.cache is not None:
                    # What it makes in the background uses all of the above.
                    self.cache.open()
                    stack.push_async_callback(self.cache.close)
                    recalls = recalls_of(self.cache, self._parts.identity, self._parts.cached, self.runtime)
                    stack.enter_context(recalling(recalls, self.runtime))
                if self.jobs is not None and self.database is not None:
                    jobs = self.jobs.running(self.runtime, self.database, self.life, runs=runs_jobs)
                    await stack.enter_async_context(jobs)
                if self.keyed is not None:
                    # What it still runs uses all of the above.
                    stack.push_async_callback(self.keyed.close)
                await stack.enter_async_context(self._measuring.running())
                stack.push_async_callback(self.readiness.close)
                await check_first_requests(self, self._host)
                self.life.serve()
                yield
        finally:
            self._call_log.flush()
            self.runtime.executor.shutdown(wait=False, cancel_futures=True)
            if self._compressor is not None:
                self._compressor.close()
