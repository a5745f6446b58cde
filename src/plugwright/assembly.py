"""The parts of an application, each put together from what an author made and what an operator set."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from plugwright.auth.kinds import Auth, OAuth
from plugwright.auth.needs import Needs, needs_of
from plugwright.auth.production import has_manifest
from plugwright.calls.cached_functions import CachedFunction
from plugwright.calls.idempotency import KeyedCalls
from plugwright.calls.plan import Plan, as_it_is, compile_plan
from plugwright.calls.runtime import Runtime
from plugwright.observe.life import Life
from plugwright.observe.readiness import Part, Readiness
from plugwright.operations.identity import Identity
from plugwright.operations.limits import Limits
from plugwright.operations.operation import Operation
from plugwright.operations.registry import Registry
from plugwright.protocols.ai_plugin import ManifestAuth, manifest_document
from plugwright.protocols.landing import landing_document
from plugwright.protocols.mcp.prompts import prompt_messages
from plugwright.protocols.mcp.request_state import StateSealer
from plugwright.protocols.mcp.server import McpServer, Served
from plugwright.protocols.mcp.sign_in import Guards
from plugwright.protocols.openapi.documents import openapi_documents
from plugwright.protocols.rest.endpoint import PathEndpoint
from plugwright.settings import Settings
from plugwright.store.on_demand import DatabaseOnDemand
from plugwright.web.asgi import ASGIApp
from plugwright.web.bodies import BodyLimits
from plugwright.web.callers import Callers
from plugwright.web.compressed import compressed_app
from plugwright.web.compression import Compressor
from plugwright.web.documents import Document, DocumentEndpoint
from plugwright.web.router import Router

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from plugwright.auth.service import AuthService
    from plugwright.coordination.valkey import ValkeyClient
    from plugwright.jobs.system import JobSystem
    from plugwright.store.call_audit import CallAudit
    from plugwright.store.database import Database

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

    @property
    def needs(self) -> Needs:
        """What these parts need of whoever operates them."""
        return needs_of(self.auth, self.registry, self.tables)


def make_guards(parts: Parts, auth: "AuthService | None") -> Guards:
    """Who may call what; a plugin without sign-in has no gates."""
    if auth is None:
        return Guards()
    accesses = {name: operation.access for name, operation in parts.registry.operations.items()}
    front = auth.resource_server.front(list(accesses.values()))
    asks_in_result = isinstance(parts.auth, OAuth) and parts.auth.tool_challenge == "result" and front is None
    return Guards(front, auth.resource_server.gates(accesses), asks_by_http=not asks_in_result)


def make_mcp_server(
    parts: Parts, operations: list[tuple[Operation, Plan]], runtime: Runtime, settings: Settings, guards: Guards
) -> McpServer:
    """MCP, with the plans of resources and prompts."""
    registry = parts.registry
    return McpServer(
        Served(
            parts.identity,
            operations,
            [(item, compile_plan(item.handler, as_it_is, runtime)) for item in registry.resources.values()],
            [(item, compile_plan(item.handler, prompt_messages, runtime)) for item in registry.prompts.values()],
        ),
        runtime=runtime,
        sealer=StateSealer(
            settings.secret_texts or [secrets.token_hex(32)], audience=f"{settings.public_url}/mcp", now=time.time
        ),
        public_url=settings.public_url,
        guards=guards,
    )


def open_database(parts: Parts, settings: Settings) -> "Database | None":
    """The database, where the plugin needs one from the start."""
    if not parts.needs.opens_database(settings):
        return None
    from plugwright.store.database import Database  # noqa: PLC0415 as below
    from plugwright.store.engines import Patience  # noqa: PLC0415 as below

    patience = Patience(
        connect=settings.database_connect_timeout,
        checkout=settings.database_queue_time,
        queue=settings.database_queue_time,
        statement=settings.database_statement_timeout,
        lock=settings.database_lock_timeout,
        transaction=settings.database_timeout,
    )
    url = settings.database_url.get_secret_value()
    return Database(url, connections=settings.database_connections, patience=patience)


def open_jobs(
    parts: Parts,
    database: "Database | None",
    settings: Settings,
    now: Callable[[], float],
    valkey: "ValkeyClient | None",
) -> "JobSystem | None":
    """The queued work of the plugin, where it has operations that run in the background.

    Raises:
        SetupError: one of its operations has a name that is needed.
    """
    if database is None or not any(operation.is_background for operation in parts.registry.operations.values()):
        return None
    from plugwright.jobs.system import make_jobs  # noqa: PLC0415 as below

    return make_jobs(parts.registry, database, settings, now=now, valkey=valkey, plugin=parts.identity.name)


def make_keyed_calls(
    parts: Parts, database: "Database | None", settings: Settings, runtime: Runtime, now: Callable[[], float]
) -> KeyedCalls | None:
    """What serves calls with idempotency keys; nothing where no operation takes one."""
    if not any(operation.takes_key for operation in parts.registry.operations.values()):
        return None
    opening = partial(_opened_database, settings, runtime, now)
    return KeyedCalls(
        parts.identity.name,
        settings.secret_texts or [""],
        settings.idempotency_retention,
        DatabaseOnDemand(database, opening, partial(runtime.report, "database", "")),
        now,
        runtime.report,
    )


@asynccontextmanager
async def _opened_database(
    settings: Settings, runtime: Runtime, now: Callable[[], float]
) -> "AsyncGenerator[Database]":
    """The database of the settings, fit to be served from and kept swept while the block runs."""

    def opened() -> "Database":
        from plugwright.store.database import Database  # noqa: PLC0415 as below

        database = Database(settings.database_url.get_secret_value(), connections=settings.database_connections)
        prepare_database(database, None)
        return database

    database = await asyncio.to_thread(opened)
    try:
        async with sweeping(database, runtime, settings, now):
            yield database
    finally:
        database.close()


def open_tracing(settings: Settings, identity: Identity, runtime: Runtime) -> Callable[[], Awaitable[None]]:
    """Have spans made by what is compiled from now on, where the operator wants them; what sends the last of them.

    Raises:
        SetupError: what makes them is not installed.
    """
    if not settings.tracing:
        return _nothing
    from plugwright.observe.trace_export import TraceExport  # noqa: PLC0415 as below
    from plugwright.observe.tracing import Tracing  # noqa: PLC0415 as below

    export = TraceExport(identity)
    runtime.tracing = Tracing(export.tracer)
    runtime.observers = [*runtime.observers, runtime.tracing]
    return export.close


async def _nothing() -> None:
    """There are no spans to send."""


def open_valkey(settings: Settings, log: Any) -> "ValkeyClient | None":
    """The way to Valkey, where the operator has one."""
    if settings.valkey_url is None:
        return None
    from plugwright.coordination.valkey import ValkeyClient, ValkeyLimits  # noqa: PLC0415 as below

    limits = ValkeyLimits(settings.valkey_connections, settings.valkey_timeout)
    return ValkeyClient(settings.valkey_url.get_secret_value(), limits, log=log)


def prepare_database(database: "Database", tables: "MetaData | None") -> None:
    """Make the database fit to be served from; otherwise as `plugwright.store.upgrade.prepare`."""
    from plugwright.store.upgrade import prepare  # noqa: PLC0415 as below

    prepare(database, tables)


def make_call_audit(database: "Database | None", runtime: Runtime, now: Callable[[], float]) -> "CallAudit | None":
    """What records calls, where there is a database to record them in."""
    if database is None:
        return None
    from plugwright.store.audit_buffer import AuditBuffer  # noqa: PLC0415 as below
    from plugwright.store.call_audit import CallAudit  # noqa: PLC0415 as below

    return CallAudit(AuditBuffer(database, runtime.log, now=now), now)


def sweeping(
    database: "Database", runtime: Runtime, settings: Settings, now: Callable[[], float]
) -> AbstractAsyncContextManager[None]:
    """Keep the database swept while the block runs."""
    from plugwright.store.sweep import Sweeper  # noqa: PLC0415 as below

    return Sweeper(database, now, partial(runtime.report, "sweep", ""), settings.audit_days).running()


def make_readiness(
    life: Life, runtime: Runtime, database: "Database | None", valkey: "ValkeyClient | None"
) -> Readiness:
    """What has to be well for the plugin to serve. Valkey is told of, but nothing stops without it."""
    parts: list[Part] = []
    if database is not None:
        from plugwright.store.health import DatabaseHealth  # noqa: PLC0415 as below

        health = DatabaseHealth(database)
        parts.append(Part("database", health.answers))
        parts.append(Part("migrations", health.is_up_to_date, when_late="unknown"))
    if valkey is not None:
        from plugwright.coordination.health import check_valkey  # noqa: PLC0415 as below

        parts.append(Part("valkey", partial(check_valkey, valkey), is_needed=False))
    return Readiness(life, parts, report=runtime.report)


def make_auth_service(
    parts: Parts, database: "Database | None", settings: Settings, runtime: Runtime, now: Callable[[], float]
) -> "AuthService | None":
    """What serves the plugin's kind of authentication; nothing where everybody may call everything."""
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


def body_limits(settings: Settings) -> BodyLimits:
    """What a request's body may cost."""
    return BodyLimits(settings.body_limit, settings.body_timeout)


def make_router(
    operations: dict[str, tuple[Operation, Plan]],
    callers: Callers,
    settings: Settings,
    runtime: Runtime,
    guards: Guards,
    *,
    now: Callable[[], float],
    compressor: Compressor | None,
) -> Router[PathEndpoint]:
    """The endpoints of the operations, by path."""
    by_path: dict[str, dict[str, tuple[Operation, Plan]]] = {}
    for operation, plan in operations.values():
        by_path.setdefault(operation.path, {})[operation.method] = (operation, plan)
    router: Router[PathEndpoint] = Router()
    limits = body_limits(settings)
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


def make_cold_endpoints(
    parts: Parts,
    callers: Callers,
    settings: Settings,
    runtime: Runtime,
    auth: "AuthService | None",
    *,
    compressor: Compressor | None,
) -> Mapping[str, ASGIApp]:
    """Everything that is asked for rarely, by path: documents, the logo, the metadata of sign-in."""
    identity = parts.identity
    operations = list(parts.registry.operations.values())
    shows_manifest = settings.legacy_manifest and has_manifest(parts.auth)
    logo = Document(identity.logo.read_bytes(), identity.logo_type, max_age=86_400)
    documents: dict[str, Document] = {
        "/": landing_document(identity, operations, settings.public_url, has_manifest=shows_manifest, auth=parts.auth),
        "/livez": Document(b"ok\n", "text/plain; charset=utf-8", max_age=0),
        # Browsers look for the second beside whatever they open that names no icon.
        **dict.fromkeys((identity.logo_path, "/favicon.ico"), logo),
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
