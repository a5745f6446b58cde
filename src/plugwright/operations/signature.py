"""An author's function, read once: its parameters, the injected ``Call``, its return annotation."""

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, get_args, get_origin

from pydantic.fields import FieldInfo

from plugwright.errors import SetupError
from plugwright.operations.completion import Complete

NO_DEFAULT = inspect.Parameter.empty
"""Stands for a parameter without a default."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One input. ``wire_name`` is its name outside: the alias of its ``Field``, or else ``name``."""

    name: str
    wire_name: str
    annotation: Any
    default: Any = NO_DEFAULT
    completion: Callable[..., Any] | None = None

    @property
    def has_default(self) -> bool:
        """Whether the signature itself gives a default (a ``Field`` may give one too)."""
        return self.default is not NO_DEFAULT


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes and gives. ``call_parameter`` names the parameter that gets the `Call`, if any."""

    function_name: str
    parameters: tuple[Parameter, ...]
    call_parameter: str | None
    returns: Any
    is_async: bool
    source: str = field(default="")


def read_signature(
    function: Callable[..., Any], *, call_type: type, local_names: Mapping[str, Any] | None = None
) -> Signature:
    """Read a function's signature.

    Args:
        function: a plain or ``async`` function.
        call_type: the class whose annotation marks the injected parameter.
        local_names: names to resolve annotations with that the function's own module does not have.

    Raises:
        SetupError: an annotation is missing or unknown, or a parameter is of a kind that no caller can fill.
    """
    _check_kind(function)
    name = function.__name__
    hints = _hints(function, name, local_names or {})
    parameters: list[Parameter] = []
    call_parameters: list[str] = []
    for parameter in inspect.signature(function).parameters.values():
        annotation = _annotation(name, parameter, hints)
        if annotation is call_type:
            call_parameters.append(parameter.name)
        elif _mentions(annotation, call_type):
            raise SetupError(f"{name}: annotate {parameter.name!r} plainly, `{parameter.name}: {call_type.__name__}`")
        else:
            parameters.append(_parameter(parameter, annotation))
    if len(call_parameters) > 1:
        raise SetupError(f"{name}: {call_parameters[1]!r} is the call a second time; remove it")
    if "return" not in hints:
        raise SetupError(f"{name}: the return type is missing; annotate it, such as `-> Weather` or `-> None`")
    # A plain wrapper around an async function gives a coroutine too.
    is_async = inspect.iscoroutinefunction(inspect.unwrap(function))
    call_parameter = call_parameters[0] if call_parameters else None
    return Signature(name, tuple(parameters), call_parameter, hints["return"], is_async, _source(function))


def _check_kind(function: object) -> None:
    if not inspect.isroutine(function):
        raise SetupError(f"{type(function).__name__} object: only functions can be served; wrap it in a `def`")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise SetupError(f"{function.__name__}: it yields; return the answer instead")


def _hints(function: Callable[..., Any], name: str, local_names: Mapping[str, Any]) -> dict[str, Any]:
    try:
        try:
            return typing.get_type_hints(function, include_extras=True)
        except NameError:
            return typing.get_type_hints(function, localns=dict(local_names), include_extras=True)
    except NameError as error:
        raise SetupError(
            f"{name}: an annotation names {error.name!r}, which is not defined before the function"
        ) from error
    except (AttributeError, SyntaxError, TypeError) as error:
        raise SetupError(f"{name}: its annotations cannot be read: {error}") from error


def _annotation(name: str, parameter: inspect.Parameter, hints: Mapping[str, Any]) -> Any:
    if parameter.kind not in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}:
        raise SetupError(f"{name}: parameter {parameter.name!r} must be an ordinary named parameter, without * or /")
    if parameter.name not in hints:
        raise SetupError(
            f"{name}: parameter {parameter.name!r} has no annotation; write its type, such as `{parameter.name}: str`"
        )
    return hints[parameter.name]


def _mentions(annotation: Any, wanted: type) -> bool:
    return annotation is wanted or any(_mentions(part, wanted) for part in get_args(annotation))


def _parameter(parameter: inspect.Parameter, annotation: Any) -> Parameter:
    default = parameter.default
    if isinstance(default, FieldInfo):
        annotation, default = Annotated[annotation, default], NO_DEFAULT
    marks: tuple[Any, ...] = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    fields = [mark for mark in marks if isinstance(mark, FieldInfo)]
    aliases = [mark.validation_alias for mark in fields if isinstance(mark.validation_alias, str)]
    completions = [mark.function for mark in marks if isinstance(mark, Complete)]
    return Parameter(
        parameter.name,
        aliases[-1] if aliases else parameter.name,
        annotation,
        default,
        completions[-1] if completions else None,
    )


def _source(function: Callable[..., Any]) -> str:
    code = getattr(function, "__code__", None)
    return f"{function.__module__}:{code.co_firstlineno}" if code else function.__module__
