"""The `Call`: what a handler learns of the call it serves, and what it can do in the middle of it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from plugwright.calls.questions import Answer, InputRequired, Question, read_answer
from plugwright.calls.runtime import Runtime
from plugwright.errors import CannotAsk, NotAuthenticated, SetupError
from plugwright.observe.events import Arrival
from plugwright.principal import Principal
from plugwright.upstream.exchange import Bindable, CallContext
from plugwright.upstream.trace_context import tracing_headers
from plugwright.web.asgi import Headers

if TYPE_CHECKING:
    from plugwright.store.database import Database

BoundT = TypeVar("BoundT")


class Exchange(Arrival, Protocol):
    """The side of a protocol that a running call talks to."""

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        """Tell the client how far the call is, if it asked for that."""
        ...

    def message(self, level: str, data: Any, logger: str | None) -> None:
        """Send the client a log message, if it asked for that."""
        ...

    def answers(self) -> Mapping[str, Any] | None:
        """Raw answers by question, earlier rounds included; nothing when the client cannot be asked."""
        ...

    def remembered(self) -> Mapping[str, Any]:
        """What the handler asked to remember in an earlier round."""
        ...

    def check_questions(self, questions: Mapping[str, Question]) -> None:
        """Refuse questions that the client did not declare."""
        ...

    @property
    def latest(self) -> float:
        """When the call has to end besides its own deadline, in seconds of the monotonic clock; infinite if never."""
        ...

    @property
    def address(self) -> str | None:
        """The network that the call comes from; absent where limits do not count."""
        ...

    def add_headers(self, headers: Headers) -> None:
        """Send header fields with the reply, if it has any."""
        ...

    @property
    def gone(self) -> Callable[[], Awaitable[None]] | None:
        """Waits until the client has left; absent when leaving does not end the call."""
        ...


class Call:
    """One call, as its handler sees it. A parameter annotated ``Call`` gets it."""

    __slots__ = ("_asked", "_clock", "_deadline", "_exchange", "_runtime", "operation")

    def __init__(
        self,
        operation: str,
        runtime: Runtime,
        exchange: Exchange,
        deadline: float,
        clock: Callable[[], float],
    ) -> None:
        self.operation = operation
        """The operation's name."""
        self._deadline = deadline
        self._exchange = exchange
        self._runtime = runtime
        self._clock = clock
        self._asked: frozenset[str] = frozenset()

    @property
    def deadline(self) -> float:
        """When the call must be done, in seconds of the monotonic clock."""
        return min(self._deadline, self._exchange.latest)

    @property
    def remaining(self) -> float:
        """Seconds left before the deadline, never negative. Hand it to whatever the call waits for."""
        return max(0.0, self.deadline - self._clock())

    @property
    def request_id(self) -> str:
        """The id that a refusal and every log line of this call carry."""
        return self._exchange.request_id

    @property
    def principal(self) -> Principal | None:
        """Who is calling; nothing where the plugin lets anybody in."""
        return self._exchange.principal

    @property
    def subject(self) -> str:
        """Which user is calling: what they own belongs to this identifier.

        Raises:
            NotAuthenticated: nobody in particular is.
        """
        principal = self._exchange.principal
        # A shared answer may know the client and the scopes of who calls, but never who it is.
        if principal is None or not principal.subject:
            raise NotAuthenticated("Sign in to use this")
        return principal.subject

    @property
    def database(self) -> "Database":
        """The plugin's database: ``await call.database.read(work)``, or ``write``, runs a function in a transaction.

        Raises:
            SetupError: the plugin has none.
        """
        database = self._runtime.database
        if database is None:
            raise SetupError("this plugin has no database; give Plugin its tables, or an auth that needs one")
        return database

    @property
    def protocol(self) -> str:
        """How the call arrived: ``rest``, ``mcp`` or ``local``."""
        return self._exchange.protocol

    @property
    def state(self) -> Any:
        """What the plugin's lifespan yielded."""
        return self._runtime.state

    @property
    def log(self) -> Any:
        """A structlog logger for the operator, bound to this call. Of its fields plain values are logged, bounded."""
        trace = self._exchange.trace
        traced = {} if trace is None else {"trace_id": trace.trace_id}
        return self._runtime.log.bind(operation=self.operation, request_id=self.request_id, **traced)

    def upstream(self, service: Bindable[BoundT]) -> BoundT:
        """An `Upstream` or a `PublicWeb` within this call: ``await call.upstream(weather).get_json(...)``.

        Its requests end a moment before the call's deadline, so that the handler can still answer without them. An
        `Upstream` is told the request id and the trace, and never who is calling or with which token.
        """
        self._runtime.upstreams.note(service)
        headers = tracing_headers(self.request_id, self._exchange.trace)
        tracing = self._runtime.tracing
        return service.within(CallContext(lambda: self.remaining, headers, tracing and tracing.request))

    def invalidate(self, *tags: str) -> None:
        """Drop every cached answer that has one of the tags: here at once, in every other process within a second.

        Call it when what changed can be read, after its transaction. A plugin without a cache has nothing to drop.
        """
        if self._runtime.invalidate is not None:
            self._runtime.invalidate(tags)

    def progress(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """Tell the client how far the call is. Does nothing when the client did not ask. ``done`` must grow."""
        self._exchange.progress(done, total, message)

    def message(self, level: str, data: Any, logger: str | None = None) -> None:
        """Send the client a log message of an RFC 5424 level, such as ``info``. Not for the operator: that is `log`."""
        self._exchange.message(level, data, logger)

    @property
    def remembered(self) -> Mapping[str, Any]:
        """What an earlier round of this call asked to remember; empty in the first round."""
        return self._exchange.remembered()

    async def ask(self, *, remember: Mapping[str, Any] | None = None, **questions: Question) -> dict[str, Answer]:
        """The answers to some questions; ends the call for now when one is still open.

        The client then repeats the call with the answers, and the handler runs again from its start: what comes
        before the question must be safe to repeat. ``remember`` is sealed and comes back as `remembered`.

        Raises:
            CannotAsk: the protocol or the client has no way to ask.
        """
        given = self._exchange.answers()
        if given is None:
            first = next(iter(questions.values()))
            raise CannotAsk(f"This operation has to ask first, which this client cannot do: {_text_of(first)}")
        known = {name: given[name] for name in questions if name in given}
        answers = {name: read_answer(name, questions[name], raw) for name, raw in known.items()}
        open_questions = {name: question for name, question in questions.items() if name not in answers}
        if open_questions:
            self._exchange.check_questions(open_questions)
            # What nobody asked for is not carried along.
            asked = self._asked | questions.keys()
            answered = {name: raw for name, raw in given.items() if name in asked}
            raise InputRequired(open_questions, answered=answered, remember=remember or self.remembered)
        self._asked |= questions.keys()
        return answers


def surroundings_of(call: Call) -> tuple[Runtime, Exchange]:
    """What a call runs in, for what belongs to the call path itself."""
    return call._runtime, call._exchange  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] no business of handlers


def _text_of(question: Question) -> str:
    return getattr(question, "message", type(question).__name__)
