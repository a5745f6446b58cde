"""One operation: an author's function with everything that the protocols say of it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from plugwright.errors import InvalidInput, SetupError
from plugwright.operations.access import NO_SIGN_IN, OPEN, Access, AccessRules, compile_access
from plugwright.operations.background import background_method
from plugwright.operations.caching import Cache, Caching, compile_caching
from plugwright.operations.docstrings import parse_docstring
from plugwright.operations.durations import seconds
from plugwright.operations.effects import EFFECTS, Effect, EffectRules
from plugwright.operations.handler import Handler
from plugwright.operations.inputs import Input, compile_input
from plugwright.operations.lengths import MOST_CHARACTERS, check_limit
from plugwright.operations.limits import LimitBy, Limits, compile_limits
from plugwright.operations.outputs import Output, compile_output, for_chat
from plugwright.operations.parameter_headers import check_parameter_headers
from plugwright.operations.paths import check_path, parameters_in
from plugwright.operations.schemas import Schema, item_schemas, wire_kinds
from plugwright.operations.selection import FIELDS, Selection, compile_selection
from plugwright.operations.signature import Signature
from plugwright.operations.widgets import Widget

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_QUERY_METHODS = frozenset({"GET", "DELETE"})
_SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})
_SUMMARY_LIMIT = 300  # of an operation's summary, for GPT Actions
_STATUS_LIMIT = 64  # of a tool's status text, for ChatGPT


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What an author writes in ``@plugin.operation(...)``, before it is checked."""

    effect: Effect | None = None
    open_world: bool | None = None
    idempotent: bool | None = None
    scopes: Sequence[str] = ()
    public: bool | None = None
    name: str | None = None
    title: str | None = None
    path: str | None = None
    method: str | None = None
    timeout: str = "30s"
    limit: str | Sequence[str] | None = None
    limit_by: LimitBy | None = None
    concurrency: int | None = None
    tags: Sequence[str] = ()
    widget: Widget | None = None
    invoking: str | None = None
    invoked: str | None = None
    input_schema: Mapping[str, Any] | None = None
    examples: Sequence[Mapping[str, Any]] = ()
    cache: Cache | None = None
    answer_limit: int = MOST_CHARACTERS
    background: bool = False
    fields: bool = False
    omit_nulls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A compiled operation. ``path_parameters`` and ``takes_query`` say where REST finds its input.

    ``is_background``: its calls are queued. ``tells_job``: its answer is a job, which changes by itself. ``batch_of``
    names the operation that it serves many calls of, if it is a batch.
    """

    name: str
    title: str
    summary: str
    description: str
    handler: Handler
    limits: Limits | None = None
    output: Output
    effect: Effect
    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool
    is_consequential: bool
    path: str
    method: str
    path_parameters: tuple[str, ...]
    tags: tuple[str, ...]
    widget: Widget | None
    invoking: str | None
    invoked: str | None
    input_schema: Schema
    examples: tuple[Mapping[str, Any], ...]
    source: str
    access: Access = OPEN
    caching: Caching | None = None
    is_background: bool = False
    tells_job: bool = False
    selection: Selection | None = None
    batch_of: str | None = None

    @property
    def input(self) -> Input:
        """What the operation takes: the input of its handler, and the choice of fields where callers have one."""
        return self.handler.input if self.selection is None else self.selection.input

    def is_choice(self, name: str) -> bool:
        """Whether an input is the choice of fields."""
        return self.selection is not None and name == FIELDS

    @property
    def takes_key(self) -> bool:
        """Whether its calls may have idempotency keys: whether a repeat does more than a call alone."""
        return self.is_background or not (self.read_only or self.tells_job)

    @property
    def takes_query(self) -> bool:
        """Whether REST reads the input from the query string rather than from a JSON body."""
        return self.method in _QUERY_METHODS


def compile_operation(
    function: Callable[..., Any], signature: Signature, wanted: Definition, access: AccessRules = NO_SIGN_IN
) -> Operation:
    """Check and compile a definition; ``access`` is what the plugin's authentication allows.

    Raises:
        SetupError: the definition is incomplete or breaks a limit; the message names function and mend.
    """
    name = wanted.name or function.__name__
    if not _NAME.fullmatch(name):
        raise SetupError(f"{function.__name__}: name {name!r} must be 1 to 64 letters, digits, _ and -")
    effect, open_world = _said(name, wanted)
    rules = EFFECTS[effect]
    text = parse_docstring(function.__doc__)
    _check_texts(name, text.summary, wanted)
    taken = compile_input(signature, text.parameters)
    _check_forms(name, wanted)
    output = for_chat(
        compile_output(signature, offers_fields=wanted.fields, omits_nulls=wanted.omit_nulls),
        limit=wanted.answer_limit,
        is_reading=rules.read_only,
    )
    selection = _selection(name, wanted, taken, output)
    offered = taken if selection is None else selection.input
    _check_examples(name, wanted, offered)
    schema: Schema = dict(wanted.input_schema) if wanted.input_schema is not None else offered.schema
    check_parameter_headers(name, schema)
    path = wanted.path or "/" + name.replace("_", "-")
    path_parameters = _path_parameters(name, path, taken)
    queued = background_method(name, wanted)
    method = _method(name, wanted.method or queued, rules, taken, path_parameters)
    timeout = seconds(wanted.timeout, of=f"{name}: timeout")
    return Operation(
        name=name,
        title=wanted.title or name.replace("_", " ").replace("-", " ").capitalize(),
        summary=text.summary,
        description=text.description,
        handler=Handler(
            name,
            function,
            signature.is_async,
            signature.call_parameter,
            taken,
            timeout,
            wanted.concurrency,
            is_recorded=not rules.read_only,
        ),
        limits=compile_limits(name, wanted.limit, wanted.limit_by),
        output=output,
        effect=effect,
        read_only=rules.read_only,
        destructive=rules.destructive,
        idempotent=rules.idempotent if wanted.idempotent is None else wanted.idempotent,
        open_world=open_world,
        is_consequential=rules.is_consequential,
        path=path,
        method=method,
        path_parameters=path_parameters,
        tags=tuple(wanted.tags),
        widget=wanted.widget,
        invoking=wanted.invoking,
        invoked=wanted.invoked,
        input_schema=schema,
        examples=tuple(wanted.examples),
        source=signature.source,
        access=compile_access(name, wanted.scopes, public=wanted.public, rules=access),
        caching=_caching(name, wanted.cache, rules, taken),
        is_background=wanted.background,
        selection=selection,
    )


def _selection(name: str, wanted: Definition, taken: Input, output: Output) -> Selection | None:
    if not output.fields:
        return None
    if wanted.background:
        raise SetupError(f"{name}: its answer is a job, of which callers cannot choose fields; leave fields out")
    if wanted.widget is not None:
        raise SetupError(f"{name}: its widget shows whole answers, so callers cannot choose fields; leave fields out")
    return compile_selection(name, taken, output.fields)


def _caching(name: str, wanted: Cache | None, rules: EffectRules, taken: Input) -> Caching | None:
    if wanted is None:
        return None
    if not rules.read_only:
        raise SetupError(f'{name}: only what reads can be cached; leave cache out, or say effect="read"')
    return compile_caching(name, wanted, parameters=[parameter.name for parameter in taken.parameters])


def _said(name: str, wanted: Definition) -> tuple[Effect, bool]:
    if wanted.effect is None or wanted.effect not in EFFECTS:
        raise SetupError(f'{name}: say what it does to the world: effect="read", "write" or "destroy"')
    if wanted.open_world not in {True, False}:
        raise SetupError(f"{name}: say whether it reaches the outside world: open_world=True or open_world=False")
    return wanted.effect, wanted.open_world


def _check_texts(name: str, summary: str, wanted: Definition) -> None:
    if not summary:
        raise SetupError(f"{name}: it has no docstring; say what it does and when to use it")
    if len(summary) > _SUMMARY_LIMIT:
        raise SetupError(
            f"{name}: the first paragraph of its docstring has {len(summary)} characters, "
            f"ChatGPT takes {_SUMMARY_LIMIT}; shorten it or start a new paragraph"
        )
    for field in ("invoking", "invoked"):
        text: str = getattr(wanted, field) or ""
        if len(text) > _STATUS_LIMIT:
            raise SetupError(f"{name}: {field} has {len(text)} characters, ChatGPT takes {_STATUS_LIMIT}; shorten it")


def _path_parameters(name: str, path: str, taken: Input) -> tuple[str, ...]:
    check_path(path, of=name)
    names = parameters_in(path)
    for parameter in names:
        if parameter not in taken.properties:
            raise SetupError(
                f"{name}: path {path!r} has {{{parameter}}}, but the function has no such parameter; "
                "add it or mend the path"
            )
        if not wire_kinds(taken.properties[parameter], taken.schema) <= _SCALARS:
            raise SetupError(
                f"{name}: parameter {parameter!r} is in the path, so it must be a single value, not a list or object"
            )
    return names


def _method(name: str, asked: str | None, rules: EffectRules, taken: Input, path_parameters: tuple[str, ...]) -> str:
    nested = [key for key in taken.properties if key not in path_parameters and not _fits_query(taken, key)]
    if asked is None:
        # A query string cannot carry nested values, so such an operation takes a body whatever its effect.
        return "POST" if nested else rules.method
    if asked not in _METHODS:
        raise SetupError(f"{name}: method {asked!r} must be one of {', '.join(sorted(_METHODS))}")
    if asked == "GET" and not rules.read_only:
        raise SetupError(f"{name}: GET must change nothing (RFC 9110 §9.2.1), and its effect does; leave method out")
    if asked in _QUERY_METHODS and nested:
        raise SetupError(f"{name}: {asked} takes a query string, which cannot carry {nested[0]!r}; use POST")
    return asked


def _fits_query(taken: Input, key: str) -> bool:
    kinds = wire_kinds(taken.properties[key], taken.schema)
    items = item_schemas(taken.properties[key], taken.schema)
    if "array" in kinds and not items:
        return False
    return kinds <= _SCALARS | {"array"} and all(wire_kinds(item, taken.schema) <= _SCALARS for item in items)


def _check_forms(name: str, wanted: Definition) -> None:
    """The options that are only handed on, checked because nothing else would notice."""
    if isinstance(wanted.tags, str):
        raise SetupError(f"{name}: tags must be a list, such as [{wanted.tags!r}]")
    if wanted.concurrency is not None and (type(wanted.concurrency) is not int or wanted.concurrency < 1):
        raise SetupError(f"{name}: concurrency must be how many calls may be in progress, 1 at least; or leave it out")
    check_limit(name, wanted.answer_limit)
    if wanted.idempotent not in {None, True, False}:
        raise SetupError(f"{name}: idempotent must be True or False")
    for option in ("fields", "omit_nulls"):
        if type(getattr(wanted, option)) is not bool:
            raise SetupError(f"{name}: {option} must be True or False")
    if wanted.input_schema is not None and dict(wanted.input_schema).get("type") != "object":
        raise SetupError(f'{name}: input_schema must be a JSON Schema with "type": "object" at its root')


def _check_examples(name: str, wanted: Definition, offered: Input) -> None:
    for sample in wanted.examples:
        try:
            offered.decode(to_json(dict(sample)))
        except InvalidInput as error:
            raise SetupError(f"{name}: the example {dict(sample)!r} is not an input of it: {error.message}") from None
