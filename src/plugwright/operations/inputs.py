"""A function's input as one compiled validator and one schema."""

import dataclasses
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import ConfigDict, PydanticUndefinedAnnotation, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from pydantic_core import from_json, to_json

from plugwright.errors import Detail, InvalidInput, MalformedJSON, SetupError
from plugwright.operations.schemas import Schema, json_schema
from plugwright.operations.signature import Parameter, Signature

_CONFIG = ConfigDict(extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=False)
_PROBLEMS = {
    "missing": "Required",
    "unexpected_keyword_argument": "Unknown field",
    "extra_forbidden": "Unknown field",
    "dataclass_type": "Must be a JSON object",
}
_UNFIT = (PydanticUserError, PydanticUndefinedAnnotation, TypeError)
_DESCRIPTION_LIMIT = 700  # per parameter, for GPT Actions


@dataclass(frozen=True, slots=True)
class Input:
    """What a function takes.

    ``schema`` is JSON Schema 2020-12 with an object at its root; ``decode`` turns JSON bytes into keyword
    arguments, or raises `InvalidInput`.
    """

    parameters: tuple[Parameter, ...]
    schema: Schema
    decode: Callable[[bytes | str], dict[str, Any]]

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
        adapter = _adapter(signature.function_name, signature.parameters)
        schema = json_schema(adapter, "validation")
    except _UNFIT as error:
        raise _blame(signature, error) from error
    order = [parameter.wire_name for parameter in signature.parameters]
    properties = schema.get("properties", {})
    if len(set(order)) != len(order):
        raise SetupError(f"{signature.function_name}: two parameters share the name {_repeated(order)!r} outside")
    for parameter in signature.parameters:
        entry = properties[parameter.wire_name]
        if "description" not in entry and parameter.name in described:
            entry["description"] = described[parameter.name]
        _check_description(signature.function_name, parameter.name, entry.get("description", ""))
    canonical: Schema = {"type": "object"}
    if order:
        canonical["properties"] = {name: properties[name] for name in order}
    if schema.get("required"):
        canonical["required"] = [name for name in order if name in schema["required"]]
    canonical["additionalProperties"] = False
    if "$defs" in schema:
        canonical["$defs"] = schema["$defs"]
    return Input(signature.parameters, canonical, _decoder(adapter))


def _adapter(name: str, parameters: Sequence[Parameter]) -> TypeAdapter[Any]:
    # A dataclass rather than a model: its fields may have any name ("json", "copy") without clashing.
    fields: list[Any] = []
    for parameter in parameters:
        if not parameter.has_default:
            fields.append((parameter.name, parameter.annotation))
        elif type(parameter.default) in {list, dict, set}:
            fresh = partial(copy, parameter.default)
            fields.append((parameter.name, parameter.annotation, dataclasses.field(default_factory=fresh)))
        else:
            fields.append((parameter.name, parameter.annotation, dataclasses.field(default=parameter.default)))
    namespace = {"__pydantic_config__": _CONFIG}
    return TypeAdapter(dataclasses.make_dataclass(name, fields, kw_only=True, namespace=namespace))


def _blame(signature: Signature, error: Exception) -> SetupError:
    for parameter in signature.parameters:
        try:
            TypeAdapter(parameter.annotation).json_schema()
        except _UNFIT as unfit:
            return SetupError(
                f"{signature.function_name}: parameter {parameter.name!r} has a type that JSON cannot carry: "
                f"{_first_line(unfit)}"
            )
    return SetupError(f"{signature.function_name}: its input cannot be compiled: {_first_line(error)}")


def _decoder(adapter: TypeAdapter[Any]) -> Callable[[bytes | str], dict[str, Any]]:
    validate = adapter.validator.validate_json

    def decode(raw: bytes | str) -> dict[str, Any]:
        try:
            return validate(raw, strict=True).__dict__
        except ValidationError as error:
            repaired = _with_integral_floats(raw, error)
            if repaired is None:
                raise input_error(error) from None
        try:
            return validate(repaired, strict=True).__dict__
        except ValidationError as error:
            raise input_error(error) from None

    return decode


def _with_integral_floats(raw: bytes | str, error: ValidationError) -> bytes | None:
    """The input with ``5.0`` written as ``5`` where an integer is wanted: JSON Schema calls both an integer."""
    places = [
        item["loc"]
        for item in error.errors(include_url=False)
        if item["type"] == "int_type" and isinstance(item["input"], float) and item["input"].is_integer()
    ]
    if not places:
        return None
    data = from_json(raw)
    for *path, last in places:
        holder = data
        try:
            for step in path:
                holder = holder[step]
            holder[last] = int(holder[last])
        except (KeyError, IndexError, TypeError):
            return None
    return to_json(data)


def input_error(error: ValidationError) -> InvalidInput:
    """Pydantic's findings as one error that names each field, without repeating any input."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    if found[0]["type"] == "json_invalid":
        return MalformedJSON(f"The body is not valid JSON: {found[0]['msg'].removeprefix('Invalid JSON: ')}")
    details = [Detail(".".join(map(str, item["loc"])) or "body", _problem(item["type"], item["msg"])) for item in found]
    named = "; ".join(f"{detail.field}: {detail.problem}" for detail in details[:3])
    more = f" (and {len(details) - 3} more)" if len(details) > 3 else ""  # noqa: PLR2004 as many as fit one sentence
    return InvalidInput(f"Invalid input: {named}{more}", details=details)


def _problem(kind: str, message: str) -> str:
    return _PROBLEMS.get(kind) or message.removeprefix("Value error, ").removeprefix("Assertion failed, ")


def _check_description(name: str, parameter: str, description: str) -> None:
    if len(description) > _DESCRIPTION_LIMIT:
        raise SetupError(
            f"{name}: the description of {parameter!r} has {len(description)} characters, "
            f"ChatGPT takes {_DESCRIPTION_LIMIT}; shorten it"
        )


def _repeated(names: Sequence[str]) -> str:
    return next(name for name in names if names.count(name) > 1)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
