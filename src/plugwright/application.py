"""A plugin, compiled and wired: operations into plans, plans into endpoints, endpoints into one ASGI application."""

import secrets
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from plugwright.auth.kinds import Auth, OAuth
from plugwright.auth.production import check_production, has_manifest, uses_database, worker_count
from plugwright.calls.admission import Admission
from plugwright.calls.cached_functions import CachedFunction
from plugwright.calls.caching import make_cache, recalling, recalls_of, step_of
from plugwright.calls.limiting import Counting, limit_plans
from plugwright.calls.plan import Plan, compile_plan
from plugwright.calls.runtime import Runtime
from plugwright.errors import HostRefused, NotFound, SetupError
from plugwright.observe.call_log import CONSOLE_LINES, JSON_LINES, CallLog
from plugwright.observe.counters import CallCounters
from plugwright.observe.logs import failure_reporter, make_logger
from plugwright.observe.request_ids import request_ids
from plugwright.operations.identity import Identity
from plugwright.operations.limits import Limits
from plugwright.operations.operation import Operation
from plugwright.operations.registry import Registry
from plugwright.protocols.ai_plugin import ManifestAuth, manifest_document
from plugwright.protocols.landing import landing_document
from plugwright.protocols.mcp.http import McpEndpoint
from plugwright.protocols.mcp.prompts import prompt_messages
from plugwright.protocols.mcp.request_state import StateSealer
from plugwright.protocols.mcp.server import McpServer, Served
from plugwright.protocols.mcp.sign_in import Guards
from plugwright.protocols.openapi.documents import openapi_documents
from plugwright.protocols.rest.endpoint import PathEndpoint
from plugwright.settings import Settings
from plugwright.web.addresses import Addresses
from plugwright.web.asgi import ASGIApp, Receive, Scope, Send
from plugwright.web.bodies import BodyLimits
from plugwright.web.callers import Callers
from plugwright.web.compressed import compressed_app
from plugwright.web.compression import Compressor
from plugwright.web.documents import Document, DocumentEndpoint
from plugwright.web.headers import header_map
from plugwright.web.hosts import Hosts
from plugwright.web.origins import Origins
from plugwright.web.replies import send_error
from plugwright.web.router import Router

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from plugwright.auth.demo import DemoAccount
    from plugwright.auth.service import AuthService
    from plugwright.coordination.valkey import ValkeyClient
    from plugwright.store.database import Database

_SIGN_IN = "/oauth/"
Lifespan = Callable[[], AbstractAsyncContextManager[Any]]


@asynccontextmanager
async def no_lifespan() -> AsyncGenerator[None]:
    """The lifespan of a plugin that has none."""
    yield None


@dataclass(frozen=True, slots=True)
class Parts:
    """What an author made: the input of compilation."""

    identity: Identity
    registry: Registry
    lifespan: Lifespan
    auth: Auth = None
    tables: "MetaData | None" = None
    limits: Limits | None = None
    cached: Sequence[CachedFunction] = ()


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
        check_production(settings, parts.auth, worker_count())
        self._parts = parts
        style = settings.log_style or ("json" if settings.environment == "production" else "console")
        log = make_logger(style, level=settings.log_level)
        self.counters = CallCounters()
        self._call_log = CallLog(JSON_LINES if style == "json" else CONSOLE_LINES)
        self.runtime = Runtime(
            observers=[self.counters, self._call_log] if settings.call_log else [self.counters],
            executor=ThreadPoolExecutor(settings.threads, thread_name_prefix="plugwright"),
            log=log,
            report=failure_reporter(log),
            next_request_id=request_ids(),
            admission=Admission(settings.max_concurrent_calls, settings.queue_time),
        )
        registered = parts.registry.operations
        self.valkey = _valkey(settings, log)
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
        self.operations = {
            name: (
                operation,
                compile_plan(
                    operation.handler,
                    operation.output.encode,
                    self.runtime,
                    step_of(self.cache, parts.identity, operation),
                ),
            )
            for name, operation in registered.items()
        }
        processes = settings.processes or worker_count()
        counting = Counting(parts.identity.name, clock, self.valkey, processes)
        self.operations = limit_plans(self.operations, parts.limits, counting)
        self.runtime.database = self.database = _database(parts, settings)
        self.auth = _auth_service(parts, self.database, settings, self.runtime, now)
        guards = _guards(parts, self.auth)
        self.mcp = _mcp_server(parts, list(self.operations.values()), self.runtime, settings, guards)
        callers = Callers(
            Hosts((settings.public_host, *settings.allowed_hosts), is_loopback=settings.is_loopback),
            Origins((*settings.cors_origins, settings.public_url), is_loopback=settings.is_loopback),
            Addresses(settings.trusted_proxy_hops),
        )
        self._callers = callers
        self._compressor = Compressor() if settings.compression else None
        self._cold = _cold_endpoints(parts, callers, settings, self.runtime, self.auth, compressor=self._compressor)
        self._router = _router(
            self.operations, callers, settings, self.runtime, guards, now=now, compressor=self._compressor
        )
        # Bound methods, and MCP among the paths: what is called most is found at once.
        self._hot: Mapping[str, ASGIApp] = {
            **{path: endpoint.serve for path, endpoint in self._router.exact.items()},
            "/mcp": McpEndpoint(
                self.mcp,
                callers=callers,
                limits=_body_limits(settings),
                next_request_id=self.runtime.next_request_id,
                compressor=self._compressor,
            ).serve,
        }

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
        cold = self._cold.get(path)
        if cold is not None:
            await cold(scope, receive, send)
        elif (found := self._router.find(path, scope.get("raw_path"))) is not None:
            endpoint, values = found
            await endpoint.serve(scope, receive, send, values)
        elif path.startswith(_SIGN_IN) and self.auth is not None and self.auth.endpoints is not None:
            await self._serve_sign_in(self.auth.endpoints, scope, receive, send)
        else:
            error = NotFound("Nothing is served at this path; / describes what this plugin offers")
            await send_error(send, error, self.runtime.next_request_id())

    async def _serve_sign_in(self, endpoints: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            headers = header_map(scope["headers"])
            self._callers.check_host(headers.get(b"host"))
        except HostRefused as error:
            await send_error(send, error, self.runtime.next_request_id())
        else:
            await endpoints(self._callers.addresses.resolved(scope, headers), receive, send)

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
        await receive()
        try:
            await stack.aclose()
        except Exception as error:  # noqa: BLE001 the process ends here
            self.runtime.report("lifespan", "", error)
            await send({"type": "lifespan.shutdown.failed", "message": "the plugin's lifespan failed to end"})
        else:
            await send({"type": "lifespan.shutdown.complete"})

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Open what sign-in needs and the author's lifespan, and close everything at the end."""
        try:
            async with AsyncExitStack() as stack:
                if self.valkey is not None:
                    stack.push_async_callback(self.valkey.close)
                if self.database is not None:
                    stack.callback(self.database.close)
                    _prepare(self.database, self._parts.tables)
                if self.auth is not None:
                    await stack.enter_async_context(self.auth.running(self._welcome))
                self.runtime.state = await stack.enter_async_context(self._parts.lifespan())
                if self.cache is not None:
                    # What it makes in the background uses all of the above.
                    self.cache.open()
                    stack.push_async_callback(self.cache.close)
                    recalls = recalls_of(self.cache, self._parts.identity, self._parts.cached, self.runtime)
                    stack.enter_context(recalling(recalls, self.runtime))
                yield
        finally:
            self._call_log.flush()
            self.runtime.executor.shutdown(wait=False, cancel_futures=True)
            if self._compressor is not None:
                self._compressor.close()


def _guards(parts: Parts, auth: "AuthService | None") -> Guards:
    """Who may call what; a plugin without sign-in has no gates."""
    if auth is None:
        return Guards()
    accesses = {name: operation.access for name, operation in parts.registry.operations.items()}
    front = auth.resource_server.front(list(accesses.values()))
    asks_in_result = isinstance(parts.auth, OAuth) and parts.auth.tool_challenge == "result" and front is None
    return Guards(front, auth.resource_server.gates(accesses), asks_by_http=not asks_in_result)


def _mcp_server(
    parts: Parts, operations: list[tuple[Operation, Plan]], runtime: Runtime, settings: Settings, guards: Guards
) -> McpServer:
    registry = parts.registry
    return McpServer(
        Served(
            parts.identity,
            operations,
            [(item, compile_plan(item.handler, _as_it_is, runtime)) for item in registry.resources.values()],
            [(item, compile_plan(item.handler, prompt_messages, runtime)) for item in registry.prompts.values()],
        ),
        runtime=runtime,
        sealer=StateSealer(
            settings.secret_texts or [secrets.token_hex(32)], audience=f"{settings.public_url}/mcp", now=time.time
        ),
        public_url=settings.public_url,
        guards=guards,
    )


def _database(parts: Parts, settings: Settings) -> "Database | None":
    if parts.tables is None and not uses_database(parts.auth):
        return None
    from plugwright.store.database import Database  # noqa: PLC0415 as below

    return Database(settings.database_url.get_secret_value(), connections=settings.database_connections)


def _valkey(settings: Settings, log: Any) -> "ValkeyClient | None":
    if settings.valkey_url is None:
        return None
    from plugwright.coordination.valkey import ValkeyClient, ValkeyLimits  # noqa: PLC0415 as below

    limits = ValkeyLimits(settings.valkey_connections, settings.valkey_timeout)
    return ValkeyClient(settings.valkey_url.get_secret_value(), limits, log=log)


def _prepare(database: "Database", tables: "MetaData | None") -> None:
    from plugwright.store.upgrade import prepare  # noqa: PLC0415 as below

    prepare(database, tables)


def _auth_service(
    parts: Parts, database: "Database | None", settings: Settings, runtime: Runtime, now: Callable[[], float]
) -> "AuthService | None":
    if parts.auth is None:
        return None
    # The database, the cryptography and the pages are loaded only by plugins that know their callers.
    from plugwright.auth.server.build import Surroundings  # noqa: PLC0415
    from plugwright.auth.service import open_auth  # noqa: PLC0415

    around = Surroundings(
        now=now,
        report=runtime.report,
        next_request_id=runtime.next_request_id,
        write_scopes=_write_scopes(parts.registry.operations.values()),
    )
    return open_auth(parts.auth, database, identity=parts.identity, settings=settings, around=around)


def _write_scopes(operations: Iterable[Operation]) -> frozenset[str]:
    """The scopes that let a client change something: of each writing operation those that no reading needs, if any."""
    every = list(operations)
    reading = {scope for operation in every if operation.read_only for scope in operation.access.scopes}
    writing = [frozenset(operation.access.scopes) for operation in every if not operation.read_only]
    return frozenset[str]().union(*((scopes - reading) or scopes for scopes in writing))


def _as_it_is(value: Any) -> Any:
    return value


def _body_limits(settings: Settings) -> BodyLimits:
    return BodyLimits(settings.body_limit, settings.body_timeout)


def _router(
    operations: dict[str, tuple[Operation, Plan]],
    callers: Callers,
    settings: Settings,
    runtime: Runtime,
    guards: Guards,
    *,
    now: Callable[[], float],
    compressor: Compressor | None,
) -> Router[PathEndpoint]:
    by_path: dict[str, dict[str, tuple[Operation, Plan]]] = {}
    for operation, plan in operations.values():
        by_path.setdefault(operation.path, {})[operation.method] = (operation, plan)
    router: Router[PathEndpoint] = Router()
    limits = _body_limits(settings)
    for path, methods in by_path.items():
        router.add(
            path,
            PathEndpoint(
                methods,
                gates=guards.gates,
                callers=callers,
                limits=limits,
                next_request_id=runtime.next_request_id,
                now=now,
                compressor=compressor,
            ),
        )
    return router


def _cold_endpoints(
    parts: Parts,
    callers: Callers,
    settings: Settings,
    runtime: Runtime,
    auth: "AuthService | None",
    *,
    compressor: Compressor | None,
) -> Mapping[str, ASGIApp]:
    identity = parts.identity
    operations = list(parts.registry.operations.values())
    shows_manifest = settings.legacy_manifest and has_manifest(parts.auth)
    documents: dict[str, Document] = {
        "/": landing_document(identity, operations, settings.public_url, has_manifest=shows_manifest, auth=parts.auth),
        "/livez": Document(b"ok\n", "text/plain; charset=utf-8", max_age=0),
        identity.logo_path: Document(identity.logo.read_bytes(), identity.logo_type, max_age=86_400),
        **openapi_documents(identity, operations, settings.public_url, parts.auth),
    }
    if shows_manifest:
        sign_in = ManifestAuth(parts.auth, settings.verification_tokens, settings.manifest_token_content_type)
        documents["/.well-known/ai-plugin.json"] = manifest_document(identity, settings.public_url, sign_in)
    endpoint = partial(
        DocumentEndpoint, origins=callers.origins, next_request_id=runtime.next_request_id, compressor=compressor
    )
    served: dict[str, ASGIApp] = {path: endpoint(document) for path, document in documents.items()}
    if auth is not None:
        served |= {path: compressed_app(app, compressor) for path, app in auth.apps.items()}
    return served
