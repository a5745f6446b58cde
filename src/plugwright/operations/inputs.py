"""A function's input as one compiled validator and one schema."""

import dataclasses
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pydantic import ConfigDict, PydanticUndefinedAnnotation, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic_core import PydanticSerializationError, SchemaError

from plugwright.errors import SetupError
from plugwright.operations.problems import input_error, with_integral_floats
from plugwright.operations.schemas import Schema, json_schema
from plugwright.operations.signature import NO_DEFAULT, Parameter, Signature

_CONFIG = ConfigDict(extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=False)
UNFIT = (PydanticUserError, PydanticUndefinedAnnotation, SchemaError, TypeError)
"""What pydantic raises for a type that it cannot handle."""

_DESCRIPTION_LIMIT = 700  # per parameter, for GPT Actions


@dataclass(frozen=True, slots=True)
class Input:
    """What a function takes.

    ``schema`` is JSON Schema 2020-12 with an object at its root; ``decode`` turns JSON bytes into keyword
    arguments, or raises `InvalidInput`; ``adapter`` is what it is made of.
    """

    parameters: tuple[Parameter, ...]
    schema: Schema
    decode: Callable[[bytes | str], dict[str, Any]]
    adapter: TypeAdapter[Any]

    @property
    def properties(self) -> dict[str, Schema]:
        """The schema of each input by its outside name."""
        return self.schema.get("properties", {})

    @property
    def required(self) -> list[str]:
        """Outside names of the inputs that have no default."""
        return self.schema.get("required", [])


def compile_input(signature: Signature, described: dict[str, str]) -> Input:
    """Compile a signature; ``described`` holds descriptions from the docstring, which a ``Field`` overrides.

    Raises:
        SetupError: a type is not one that JSON can carry, or a description is over ChatGPT's limit.
    """
    try:
        defaults = _defaults(signature)
        adapter = _adapter(signature.function_name, signature.parameters)
        schema = json_schema(adapter, "validation")
    except UNFIT as error:
        raise _blame(signature, error) from error
    order = [parameter.wire_name for parameter in signature.parameters]
    properties = schema.get("properties", {})
    if len(set(order)) != len(order):
        raise SetupError(f"{signature.function_name}: two parameters share the name {_repeated(order)!r} outside")
    for parameter in signature.parameters:
        entry = properties.get(parameter.wire_name)
        if entry is None:
            raise SetupError(f"{signature.function_name}: parameter {parameter.name!r} has a type that no input fills")
        _describe(signature.function_name, parameter, entry, described)
        if parameter.wire_name in defaults:
            entry["default"] = defaults[parameter.wire_name]
    canonical: Schema = {"type": "object"}
    if order:
        canonical["properties"] = {name: properties[name] for name in order}
    if schema.get("required"):
        canonical["required"] = [name for name in order if name in schema["required"]]
    canonical["additionalProperties"] = False
    if "$defs" in schema:
        canonical["$defs"] = schema["$defs"]
    return Input(signature.parameters, canonical, _decoder(adapter), adapter)


def _describe(function: str, parameter: Parameter, entry: Schema, described: dict[str, str]) -> None:
    """Complete and check a parameter's description."""
    if "description" not in entry and parameter.name in described:
        entry["description"] = described[parameter.name]
    length = len(entry.get("description", ""))
    if length > _DESCRIPTION_LIMIT:
        raise SetupError(
            f"{function}: the description of {parameter.name!r} has {length} characters, "
            f"ChatGPT takes {_DESCRIPTION_LIMIT}; shorten it"
        )


def _defaults(signature: Signature) -> dict[str, Any]:
    """The defaults of a signature as JSON-like data, by outside name."""
    return {
        parameter.wire_name: _default(signature.function_name, parameter)
        for parameter in signature.parameters
        if parameter.has_default
    }


def _default(function: str, parameter: Parameter) -> Any:
    # Without its default, so that the value is checked like a caller's.
    adapter = _adapter(function, [replace(parameter, default=NO_DEFAULT)])
    try:
        held = adapter.validate_python({parameter.wire_name: parameter.default})
        if _is_as_written(getattr(held, parameter.name), parameter.default):
            (shown,) = adapter.dump_python(held, mode="json", warnings="error").values()
            return shown
    except (ValidationError, PydanticSerializationError):
        pass
    raise SetupError(
        f"{function}: parameter {parameter.name!r} has the default {parameter.default!r}, which does not fit its type; "
        f"give another default, or a type that admits it, such as `{parameter.name}: str | None = None`"
    )


def _is_as_written(value: object, default: object) -> bool:
    """Whether validation left a default alone: the handler gets it as it is written."""
    is_number = type(value) is float and type(default) is int
    return value == default and (is_number or type(value) is type(default))


def _adapter(name: str, parameters: Sequence[Parameter]) -> TypeAdapter[Any]:
    # A dataclass rather than a model: its fields may have any name ("json", "copy") without clashing.
    fields: list[Any] = []
    for parameter in parameters:
        if not parameter.has_default:
            fields.append((parameter.name, parameter.annotation))
        elif type(parameter.default).__hash__ is None:
            fresh = partial(deepcopy, parameter.default)
            fields.append((parameter.name, parameter.annotation, dataclasses.field(default_factory=fresh)))
        else:
            fields.append((parameter.name, parameter.annotation, dataclasses.field(default=parameter.default)))
    namespace = {"__pydantic_config__": _CONFIG}
    return TypeAdapter(dataclasses.make_dataclass(name, fields, kw_only=True, namespace=namespace))


def _blame(signature: Signature, error: Exception) -> SetupError:
    for parameter in signature.parameters:
        try:
            json_schema(_adapter(signature.function_name, [replace(parameter, default=NO_DEFAULT)]), "validation")
        except UNFIT as unfit:
            return SetupError(
                f"{signature.function_name}: parameter {parameter.name!r} has a type that JSON cannot carry: "
                f"{reason(unfit)}"
            )
    return SetupError(f"{signature.function_name}: its input cannot be compiled: {reason(error)}")


def reason(error: Exception) -> str:
    """What makes a type unusable, on one line."""
    if isinstance(error, PydanticSchemaGenerationError):
        return "use a pydantic model, a dataclass or a plain JSON type"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if isinstance(error, SchemaError) else lines[0]


def _decoder(adapter: TypeAdapter[Any]) -> Callable[[bytes | str], dict[str, Any]]:
    validate = adapter.validator.validate_json

    def decode(raw: bytes | str) -> dict[str, Any]:
        try:
            return validate(raw, strict=True).__dict__
        except ValidationError as error:
            repaired = with_integral_floats(raw, error)
            if repaired is None:
                raise input_error(raw, error) from None
        try:
            return validate(repaired, strict=True).__dict__
        except ValidationError as error:
            raise input_error(raw, error) from None

    return decode


def _repeated(names: Sequence[str]) -> str:
    return next(name for name in names if names.count(name) > 1)
