"""A function's answer: its schema, and its encoding to JSON once."""

import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.errors import PydanticUserError

from plugwright.errors import SetupError
from plugwright.operations.content import BLOCK_TYPES, blocks_of
from plugwright.operations.inputs import UNFIT, reason
from plugwright.operations.lengths import MOST_CHARACTERS, Fit, fit_blocks, fit_data, fit_text
from plugwright.operations.partial_answers import parts_of, without_nulls
from plugwright.operations.schemas import Schema, json_schema, resolve
from plugwright.operations.selection import fields_of
from plugwright.operations.signature import Signature
from plugwright.operations.untrusted import holds_untrusted
from plugwright.operations.visible_text import NOT_UTF8, clean_data, clean_json, encode_whole


@dataclass(frozen=True, slots=True)
class Output:
    """What a function gives.

    ``schema`` describes the JSON of the answer; it is absent for content blocks and for functions that
    return nothing. ``encode`` gives the JSON bytes of a value. ``is_blocks``: the answer is content blocks.
    ``is_object``: its JSON is always an object, as MCP's structured content must be. ``is_text``: it is always a text.
    ``is_untrusted``: it holds text that somebody outside wrote. ``fields`` are those that callers may choose from; then
    the schema admits any choice. ``limit`` is how many characters an answer may have, and ``fit`` sees to it where
    ``encode`` does not, as what a caller gets is chosen after.
    """

    schema: Schema | None
    encode: Callable[[Any], bytes]
    is_blocks: bool = False
    is_object: bool = False
    is_nothing: bool = False
    is_text: bool = False
    is_untrusted: bool = False
    fields: tuple[str, ...] = ()
    limit: int = MOST_CHARACTERS
    fit: Fit | None = None


def compile_output(signature: Signature, *, offers_fields: bool = False, omits_nulls: bool = False) -> Output:
    """Compile a return annotation.

    ``offers_fields``: callers may choose which fields they get. ``omits_nulls``: fields that are null are left out.

    Raises:
        SetupError: the type is not one that JSON can carry, or there are no fields to leave out.
    """
    output = _whole(signature, omits_nulls=omits_nulls)
    if not offers_fields and not omits_nulls:
        return output
    option = "fields" if offers_fields else "omit_nulls"
    fields = fields_of(output.schema or {})
    if not fields:
        raise SetupError(
            f"{signature.function_name}: {option}=True, but its answer has no named fields; return a model, or leave "
            f"{option} out"
        )
    schema = without_nulls(output.schema or {}) if omits_nulls else output.schema or {}
    return replace(output, schema=parts_of(schema), fields=fields) if offers_fields else replace(output, schema=schema)


def _whole(signature: Signature, *, omits_nulls: bool) -> Output:
    if signature.returns is type(None):
        return Output(None, _encode_nothing, is_nothing=True)
    if _is_blocks(signature.returns):
        return Output(None, _encode_blocks, is_blocks=True)
    if _has_blocks(signature.returns):
        raise SetupError(
            f"{signature.function_name}: the return type mixes content blocks and data; return one or the other"
        )
    try:
        adapter = _adapter(signature.returns)
        schema = json_schema(adapter, "serialization")
    except UNFIT as error:
        raise SetupError(
            f"{signature.function_name}: the return type cannot be encoded as JSON: {reason(error)}"
        ) from error
    kind = resolve(schema, schema).get("type")
    return Output(
        schema,
        _encoder(adapter, signature.returns, omits_nulls=omits_nulls),
        is_object=kind == "object",
        is_text=kind == "string",
        is_untrusted=holds_untrusted(schema),
    )


def for_chat(output: Output, *, limit: int, is_reading: bool) -> Output:
    """An output as a chat may get it: its texts clean, and ``limit`` characters long at most."""
    if output.is_nothing:
        return output
    encode = output.encode
    fit = _fit(output, limit, is_reading=is_reading)

    def encode_clean(value: Any) -> bytes:
        return clean_json(encode(value))

    if output.fields:
        return replace(output, encode=encode_clean, limit=limit, fit=fit)

    def encode_for_chat(value: Any) -> bytes:
        body = clean_json(encode(value))
        return body if len(body) <= limit else fit(body)

    return replace(output, encode=encode_for_chat, limit=limit)


def _fit(output: Output, limit: int, *, is_reading: bool) -> Fit:
    if output.is_text:
        return fit_text(limit)
    return fit_blocks(limit) if output.is_blocks else fit_data(limit, is_reading=is_reading)


def _adapter(annotation: Any) -> TypeAdapter[Any]:
    try:
        # NaN is no JSON: better a failure that the log explains than an answer that breaks its own schema.
        return TypeAdapter(annotation, config=ConfigDict(allow_inf_nan=False))
    except PydanticUserError as error:
        if error.code != "type-adapter-config-unused":
            raise
        return TypeAdapter(annotation)


def _encoder(adapter: TypeAdapter[Any], annotation: Any, *, omits_nulls: bool) -> Callable[[Any], bytes]:
    validate = adapter.validator.validate_python
    to_json = adapter.serializer.to_json
    to_python = adapter.serializer.to_python
    if omits_nulls:
        to_json, to_python = partial(to_json, exclude_none=True), partial(to_python, exclude_none=True)
    model = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None

    def encode(value: Any) -> bytes:
        try:
            # An instance of the very model has been validated when it was made.
            return to_json(value if type(value) is model else validate(value), by_alias=True)
        except NOT_UTF8:
            mended = clean_data(value)
            plain = to_python(mended if type(value) is model else validate(mended), mode="json", by_alias=True)
            return encode_whole(plain)

    return encode


def _encode_blocks(value: Any) -> bytes:
    return encode_whole(blocks_of(value))


def _encode_nothing(value: Any) -> bytes:
    if value is not None:
        raise TypeError(f"a function annotated `-> None` returned {type(value).__name__}")
    return b"null"


def _is_blocks(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _is_blocks(get_args(annotation)[0])
    if origin in {Union, types.UnionType}:
        return all(_is_blocks(part) for part in get_args(annotation))
    if origin in {list, tuple, Sequence}:
        parts = [part for part in get_args(annotation) if part is not Ellipsis]
        return bool(parts) and all(map(_is_blocks, parts))
    return annotation in BLOCK_TYPES


def _has_blocks(annotation: Any) -> bool:
    return annotation in BLOCK_TYPES or any(map(_has_blocks, get_args(annotation)))
