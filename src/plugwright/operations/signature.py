"""An author's function, read once: its parameters, the injected ``Call``, its return annotation."""

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, get_args, get_origin

from pydantic.fields import FieldInfo

from plugwright.errors import SetupError
from plugwright.operations.completion import Complete

_NO_DEFAULT = inspect.Parameter.empty


@dataclass(frozen=True, slots=True)
class Parameter:
    """One input. ``wire_name`` is its name outside: the alias of its ``Field``, or else ``name``."""

    name: str
    wire_name: str
    annotation: Any
    default: Any = _NO_DEFAULT
    completion: Callable[..., Any] | None = None

    @property
    def has_default(self) -> bool:
        """Whether the signature itself gives a default (a ``Field`` may give one too)."""
        return self.default is not _NO_DEFAULT


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
        local_names: names to resolve annotations with besides the function's own module.

    Raises:
        SetupError: an annotation is missing or unknown, or a parameter is of a kind that no caller can fill.
    """
    name = function.__name__
    hints = _hints(function, name, local_names)
    parameters: list[Parameter] = []
    call_parameter: str | None = None
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}:
            raise SetupError(
                f"{name}: parameter {parameter.name!r} must be an ordinary named parameter, without * or /"
            )
        if parameter.name not in hints:
            raise SetupError(
                f"{name}: parameter {parameter.name!r} has no annotation; "
                f"write its type, such as `{parameter.name}: str`"
            )
        annotation = hints[parameter.name]
        if annotation is call_type:
            call_parameter = parameter.name
        else:
            parameters.append(_parameter(parameter, annotation))
    if "return" not in hints:
        raise SetupError(f"{name}: the return type is missing; annotate it, such as `-> Weather` or `-> None`")
    is_async = inspect.iscoroutinefunction(function)
    return Signature(name, tuple(parameters), call_parameter, hints["return"], is_async, _source(function))


def _hints(function: Callable[..., Any], name: str, local_names: Mapping[str, Any] | None) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, localns=dict(local_names or {}), include_extras=True)
    except NameError as error:
        raise SetupError(
            f"{name}: an annotation names {error.name!r}, which is not defined before the function"
        ) from error


def _parameter(parameter: inspect.Parameter, annotation: Any) -> Parameter:
    default = parameter.default
    if isinstance(default, FieldInfo):
        annotation, default = Annotated[annotation, default], _NO_DEFAULT
    marks: tuple[Any, ...] = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    aliases = [mark.alias for mark in marks if isinstance(mark, FieldInfo) and mark.alias]
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
