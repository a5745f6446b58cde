"""`Plugin`: what an author holds."""

import inspect
import sys
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic_core import from_json, to_json

from plugwright.auth.kinds import Auth
from plugwright.auth.needs import Needs, needs_of
from plugwright.auth.rules import access_rules
from plugwright.calls.call import Call
from plugwright.errors import PlugwrightError, SetupError
from plugwright.operations.batch import compile_batch
from plugwright.operations.caching import Cache
from plugwright.operations.effects import Effect
from plugwright.operations.identity import Identity
from plugwright.operations.lengths import MOST_CHARACTERS
from plugwright.operations.limits import LimitBy, compile_limits
from plugwright.operations.operation import Definition, compile_operation
from plugwright.operations.prompt import compile_prompt
from plugwright.operations.registry import Registry
from plugwright.operations.resource import compile_resource, widget_resource
from plugwright.operations.signature import Signature, read_signature
from plugwright.operations.widgets import Widget, read_html

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from plugwright.application import Application
    from plugwright.assembly import Lifespan
    from plugwright.calls.cached_functions import CachedFunction
    from plugwright.settings import Settings

AsyncFunctionT = TypeVar("AsyncFunctionT", bound=Callable[..., Coroutine[Any, Any, Any]])
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
Decorator = Callable[[FunctionT], FunctionT]


class Plugin:
    """A plugin: who it is, and everything it serves. Its decorators return the functions unchanged.

    Args:
        name: the name for the model: a letter, then letters, digits and underscores, at most 50.
        title: the name for people.
        summary: what it is, for people.
        instructions: when and how to use it, for the model.
        version: a semantic version; raise it when what a model sees changes.
        contact_email: where users reach the people behind it.
        legal_url: terms or legal information.
        logo: an image file, 512 x 512 at best.
        auth: who may call: `OAuth`, `ServiceKey` or `UserKey`; nothing: everybody may call everything.
        limit: how often the operations may be called all together, such as ``"600/minute"``; several as a list.
        limit_by: whose calls are counted together, as for an operation.
        tables: the author's own tables (SQLAlchemy), created in the plugin's database where they are missing; handlers
            reach it as ``call.database``.

    Raises:
        SetupError: a text breaks one of ChatGPT's limits, or the logo is missing.
    """

    def __init__(
        self,
        *,
        name: str,
        title: str,
        summary: str,
        instructions: str,
        version: str,
        contact_email: str,
        legal_url: str,
        logo: str | Path,
        auth: Auth = None,
        limit: str | Sequence[str] | None = None,
        limit_by: LimitBy | None = None,
        tables: "MetaData | None" = None,
    ) -> None:
        self.identity = Identity(name, title, summary, instructions, version, contact_email, legal_url, Path(logo))
        self.registry = Registry()
        self.auth = auth
        self.limits = compile_limits(f"Plugin {name}", limit, limit_by)
        self.tables = tables
        self._access_rules = access_rules(auth)
        self._lifespan: Lifespan | None = None
        self._cached: list[CachedFunction] = []

    def operation(
        self,
        *,
        effect: Effect | None = None,
        open_world: bool | None = None,
        idempotent: bool | None = None,
        scopes: Sequence[str] = (),
        public: bool | None = None,
        name: str | None = None,
        title: str | None = None,
        path: str | None = None,
        method: str | None = None,
        timeout: str = "30s",
        limit: str | Sequence[str] | None = None,
        limit_by: LimitBy | None = None,
        concurrency: int | None = None,
        tags: Sequence[str] = (),
        widget: Widget | None = None,
        invoking: str | None = None,
        invoked: str | None = None,
        input_schema: Mapping[str, Any] | None = None,
        examples: Sequence[Mapping[str, Any]] = (),
        cache: Cache | None = None,
        answer_limit: int = MOST_CHARACTERS,
        background: bool = False,
        batch: int | None = None,
        fields: bool = False,
        omit_nulls: bool = False,
    ) -> Decorator[FunctionT]:
        """Serve a function as an operation, over every protocol.

        Args:
            effect: ``"read"``, ``"write"`` or ``"destroy"``; must be said. Gives the HTTP method (GET, POST, DELETE;
                POST where the input is nested), the tool annotations and ``x-openai-isConsequential``.
            open_world: whether it reaches outside parties or changes publicly visible state; must be said.
            idempotent: whether a repeat has no further effect; by default true but for writes.
            scopes: what a user must have allowed whoever calls it; all of them are needed.
            public: whether everybody may call it. With ``scopes`` sign-in is optional: ``call.principal`` is there
                when the caller has them. A plugin with OAuth must say scopes, public or both.
            name: the operation's name, by default the function's.
            title: the name for people.
            path: the REST path, which may contain ``{parameters}``; by default the name with dashes.
            method: another HTTP method than the effect gives.
            timeout: the deadline, such as ``"5s"``.
            limit: how often it may be called, such as ``"60/minute"`` or ``"20/10s"``; several as a list.
            limit_by: whose calls are counted together: ``"principal"``, which is the user who is signed in, else the
                network address; ``"client"``, all users of one OAuth client; or ``"address"``.
            concurrency: how many of its calls may wait for something at a time in one process; others queue a moment.
            tags: groups in the OpenAPI documents.
            widget: the page that shows its answers.
            invoking: ChatGPT's status text while it runs, at most 64 characters.
            invoked: the same once it has run.
            input_schema: the schema that MCP publishes instead of the derived one.
            examples: sample inputs for the OpenAPI documents.
            cache: how long answers are kept, and for whom; for reading operations.
            answer_limit: characters that an answer may have. A longer text is cut and says so; longer data is refused
                with `AnswerTooLong`. ChatGPT takes fewer than 100,000.
            background: whether a call is queued, and answered with a job that its caller asks for later.
            batch: how many calls ``POST <path>/batch`` and the tool ``<name>_batch`` take in one request; without it
                there is neither.
            fields: let callers choose which fields of the answer they get, by the input ``fields``.
            omit_nulls: leave fields that are null out of the answer.

        Raises:
            SetupError: the definition is incomplete or breaks a limit; the message names function and mend.
        """
        wanted = Definition(
            effect=effect,
            open_world=open_world,
            idempotent=idempotent,
            scopes=scopes,
            public=public,
            name=name,
            title=title,
            path=path,
            method=method,
            timeout=timeout,
            limit=limit,
            limit_by=limit_by,
            concurrency=concurrency,
            tags=tags,
            widget=widget,
            invoking=invoking,
            invoked=invoked,
            input_schema=input_schema,
            examples=examples,
            cache=cache,
            answer_limit=answer_limit,
            background=background,
            fields=fields,
            omit_nulls=omit_nulls,
        )

        def register(function: FunctionT) -> FunctionT:
            signature = _signature(function)
            operation = compile_operation(function, signature, wanted, self._access_rules)
            self.registry.add_operation(operation, *compile_batch(operation, batch))
            return function

        return register

    def cached(self, cache: Cache, *, timeout: str = "30s") -> Callable[[AsyncFunctionT], AsyncFunctionT]:
        """Keep the results of any async function, such as one that reads the database, by its arguments.

        The arguments are plain values, the result is what an operation may return. A function that takes the `Call`
        keeps each caller's results apart, unless they are shared; one that does not, knows nobody. Outside a running
        plugin it is called as it is.

        Args:
            cache: how long results are kept; ``call.invalidate`` drops them by tag.
            timeout: how long the function may take.

        Raises:
            SetupError: it is not async, an argument is not plain, or the cache is wrong.
        """

        def register(function: AsyncFunctionT) -> AsyncFunctionT:
            from plugwright.calls.cached_functions import CachedFunction  # noqa: PLC0415 as in asgi

            kept = CachedFunction(function, _signature(function), cache, timeout)
            self._cached.append(kept)
            return cast("AsyncFunctionT", kept.wrapped())

        return register

    def resource(
        self,
        uri: str,
        *,
        name: str | None = None,
        title: str | None = None,
        mime_type: str = "text/plain",
        timeout: str = "30s",
    ) -> Decorator[FunctionT]:
        """Serve a function as an MCP resource. A URI with ``{parameters}`` makes it a template.

        A ``str`` is served as text, ``bytes`` as a blob, anything else as JSON. Raise `NotFound` for what does not
        exist.

        Raises:
            SetupError: the URI is not absolute, or its parameters are not the function's.
        """

        def register(function: FunctionT) -> FunctionT:
            signature = _signature(function)
            self.registry.add_resource(
                compile_resource(
                    function, signature, uri=uri, name=name, title=title, mime_type=mime_type, timeout=timeout
                )
            )
            return function

        return register

    def prompt(
        self, *, name: str | None = None, title: str | None = None, timeout: str = "30s"
    ) -> Decorator[FunctionT]:
        """Serve a function as an MCP prompt. It returns a text, or a list of `Message`.

        Raises:
            SetupError: it has no docstring, or takes something that a text cannot carry.
        """

        def register(function: FunctionT) -> FunctionT:
            signature = _signature(function)
            self.registry.add_prompt(compile_prompt(function, signature, name=name, title=title, timeout=timeout))
            return function

        return register

    def widget(
        self,
        uri: str,
        *,
        html: str | Path,
        title: str,
        description: str,
        connect_domains: Sequence[str] = (),
        resource_domains: Sequence[str] = (),
        frame_domains: Sequence[str] = (),
        domain: str | None = None,
        prefers_border: bool = False,
    ) -> Widget:
        """Serve a page under a ``ui://`` URI; hand the result to ``@plugin.operation(widget=...)``.

        Args:
            uri: ``ui://<plugin>/<page>-v1.html``; change it when the page changes incompatibly, hosts cache it.
            html: the page, or the file that holds it; self-contained at best.
            title: its name for people.
            description: what it shows, told to the model.
            connect_domains: origins that it may fetch from.
            resource_domains: origins that it may load scripts, styles, images and fonts from.
            frame_domains: origins that it may frame; a reason for stricter review.
            domain: the origin it is shown under; needed to submit a plugin that has pages.
            prefers_border: whether the host should draw a border around it.

        Raises:
            SetupError: the URI or an origin is not of its form, or the file is missing.
        """
        widget = Widget(
            uri,
            read_html(html, uri=uri),
            title,
            description,
            tuple(connect_domains),
            tuple(resource_domains),
            tuple(frame_domains),
            domain,
            prefers_border,
        )
        self.registry.add_resource(widget_resource(widget))
        return widget

    def lifespan(self, function: Callable[[], AsyncGenerator[Any]]) -> Callable[[], AsyncGenerator[Any]]:
        """Run an async generator function around the plugin's life; what it yields is ``call.state``.

        Raises:
            SetupError: it is no async generator function, or there is one already.
        """
        if not inspect.isasyncgenfunction(function):
            raise SetupError(f"lifespan {function.__name__}: it must be an `async def` that yields once")
        if self._lifespan is not None:
            raise SetupError(f"lifespan {function.__name__}: the plugin has a lifespan already; merge the two")
        self._lifespan = asynccontextmanager(function)
        return function

    def asgi(
        self,
        settings: "Settings | None" = None,
        *,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> "Application":
        """The plugin as a plain ASGI application, for any server. Settings come from the environment by default.

        ``now`` gives seconds since the epoch, ``clock`` those that limits count; a test gives clocks that it moves.

        Raises:
            SetupError: a setting is wrong.
        """
        # What serves is loaded only where it serves: an author's import stays fast.
        from plugwright.application import Application  # noqa: PLC0415
        from plugwright.assembly import Parts, no_lifespan  # noqa: PLC0415
        from plugwright.auth.production import load_checked_settings  # noqa: PLC0415

        lifespan = self._lifespan or no_lifespan
        parts = Parts(self.identity, self.registry, lifespan, self.auth, self.tables, self.limits, self._cached)
        return Application(parts, settings or load_checked_settings(self.needs), now=now, clock=clock)

    @property
    def needs(self) -> Needs:
        """What it needs of whoever operates it."""
        return needs_of(self.auth, self.registry, self.tables)

    async def invoke(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """One call in process, with the plugin's lifespan around it: JSON-like input, JSON-like answer.

        Raises:
            PlugwrightError: as the call fails.
            SetupError: there is no such operation.
        """
        from plugwright.calls.exchange import LocalExchange  # noqa: PLC0415 as in asgi

        application = self.asgi()
        if name not in application.operations:
            raise SetupError(f"there is no operation {name!r}; there are {', '.join(sorted(application.operations))}")
        plan = application.direct_plan(name)
        failure: PlugwrightError | None = None
        answer = b""
        async with application.running(runs_jobs=False):
            try:
                exchange = LocalExchange(application.runtime.next_request_id)
                answer = await plan.run(to_json(dict(arguments)), exchange)
            except PlugwrightError as error:
                # A refused call is no failure of the lifespan around it.
                failure = error
        if failure is not None:
            raise failure
        return from_json(answer)


def _signature(function: Callable[..., Any]) -> Signature:
    # Annotations may name what is local to the function that decorates, two frames up.
    frame = sys._getframe(2)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] the one way to see the caller's names
    return read_signature(function, call_type=Call, local_names=frame.f_locals)
