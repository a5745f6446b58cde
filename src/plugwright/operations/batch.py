"""The batch of an operation: an operation of its own, which takes many inputs and answers each."""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from plugwright.errors import SetupError
from plugwright.json_types import is_array, is_object
from plugwright.operations.error_schema import ERROR_SCHEMA
from plugwright.operations.handler import Handler
from plugwright.operations.inputs import Input, compile_input
from plugwright.operations.operation import Operation
from plugwright.operations.outputs import Output
from plugwright.operations.paths import parameters_in
from plugwright.operations.schemas import Schema
from plugwright.operations.signature import Parameter, Signature

ITEMS = "items"
_SUFFIX = "_batch"
_PATH = "/batch"
_LONGEST_NAME = 64
_GRACE = 5.0  # seconds after the deadline, at which items are stopped, for those that are slow to stop
_NOTHING: Schema = {"type": "null"}
_HEADER_MARK = "x-mcp-header"  # clients drop a tool that has one inside a list


def compile_batch(operation: Operation, most: int | None) -> list[Operation]:
    """The batch of at most so many calls of an operation, in a list; empty where its author wants none.

    Raises:
        SetupError: the operation cannot have one; the message names the mend.
    """
    if most is None:
        return []
    name = operation.name
    _check(operation, most)
    samples = [dict(sample) for sample in operation.examples[:most]]
    text = (
        f"Up to {most} calls of {name} in one. Use this when there are several: each item is the input of one call, "
        "and gets its own answer or error, in the same order."
    )
    return [
        replace(
            operation,
            name=name + _SUFFIX,
            title=f"{operation.title} (several)",
            summary=text,
            description=text,
            handler=_handler(operation, _input(most, _items_schema(name, operation.input.schema, most))),
            limits=None,  # which count its items
            output=_output(operation.output),
            path=operation.path + _PATH,
            method="POST",
            widget=None,
            input_schema=_items_schema(name, _unmarked(operation.input_schema), most),
            examples=({ITEMS: samples},) if samples else (),
            caching=None,
            selection=None,
            batch_of=name,
        )
    ]


def _check(operation: Operation, most: Any) -> None:
    name = operation.name
    if type(most) is not int or most < 2:  # noqa: PLR2004 fewer are no batch
        raise SetupError(f"{name}: batch must be how many calls one request may hold, 2 at least; or leave it out")
    if operation.is_background:
        raise SetupError(f"{name}: what runs in the background is queued call by call; leave batch out")
    if len(name + _SUFFIX) > _LONGEST_NAME:
        raise SetupError(
            f"{name}: its batch is called {name + _SUFFIX}, which has {len(name + _SUFFIX)} characters, ChatGPT takes "
            f"{_LONGEST_NAME}; shorten the name"
        )
    if parameters_in(operation.path):
        raise SetupError(
            f"{name}: the items of a batch bring all their inputs, so nothing can fill the {{parameters}} of "
            f"{operation.path}{_PATH}; give a path without any, or leave batch out"
        )
    if operation.output.is_blocks:
        raise SetupError(f"{name}: content blocks cannot be told apart by item; leave batch out, or return data")


def _handler(operation: Operation, taken: Input) -> Handler:
    # The function is that of one item.
    return replace(
        operation.handler,
        name=operation.name + _SUFFIX,
        input=taken,
        timeout=operation.handler.timeout + _GRACE,
        concurrency=None,
    )


def _input(most: int, schema: Schema) -> Input:
    """Checks the list; each item is checked by its own call."""
    items = Parameter(ITEMS, ITEMS, Annotated[list[Any], Field(min_length=1, max_length=most)])
    taken = compile_input(Signature("batch", (items,), None, None, is_async=True), {})
    return replace(taken, schema=schema)


def _items_schema(name: str, item: Schema, most: int) -> Schema:
    items: Schema = {
        "type": "array",
        "items": {key: value for key, value in item.items() if key != "$defs"},
        "minItems": 1,
        "maxItems": most,
        "description": f"The inputs of {name}",
    }
    schema: Schema = {"type": "object", "properties": {ITEMS: items}, "required": [ITEMS]}
    schema["additionalProperties"] = False
    return schema | ({"$defs": item["$defs"]} if "$defs" in item else {})


def _output(output: Output) -> Output:
    one = _NOTHING if output.schema is None else output.schema
    answer: Schema = {
        "type": "object",
        "properties": {"result": {key: value for key, value in one.items() if key != "$defs"}},
        "required": ["result"],
    }
    results: Schema = {
        "type": "array",
        "items": {"anyOf": [answer, ERROR_SCHEMA]},
        "description": "For each item, in order, its answer or what went wrong",
    }
    schema: Schema = {"type": "object", "properties": {"results": results}, "required": ["results"]}
    return replace(
        output,
        schema=schema | ({"$defs": one["$defs"]} if "$defs" in one else {}),
        is_object=True,
        is_nothing=False,
        is_text=False,
        fields=(),
        fit=None,
    )


def _unmarked(schema: Any) -> Any:
    """A schema without marks of mirrored headers."""
    if is_array(schema):
        return [_unmarked(part) for part in schema]
    if not is_object(schema):
        return schema
    return {key: _unmarked(part) for key, part in schema.items() if key != _HEADER_MARK}
