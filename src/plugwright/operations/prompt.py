"""One prompt: a conversation starter that a person picks, filled with arguments."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plugwright.errors import SetupError
from plugwright.operations.docstrings import parse_docstring
from plugwright.operations.durations import seconds
from plugwright.operations.handler import Handler
from plugwright.operations.inputs import compile_input
from plugwright.operations.schemas import wire_kinds
from plugwright.operations.signature import Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A compiled prompt; its arguments are the handler's inputs, all of them text on the wire."""

    name: str
    title: str | None
    description: str
    handler: Handler


def compile_prompt(
    function: Callable[..., Any], signature: Signature, *, name: str | None, title: str | None, timeout: str
) -> Prompt:
    """Check and compile a prompt.

    Raises:
        SetupError: it has no docstring, or takes something that a text cannot carry.
    """
    label = name or function.__name__
    text = parse_docstring(function.__doc__)
    if not text.summary:
        raise SetupError(f"prompt {label!r}: it has no docstring; say what it is for")
    taken = compile_input(signature, text.parameters)
    for key, schema in taken.properties.items():
        if {"array", "object"} & wire_kinds(schema, taken.schema):
            raise SetupError(f"prompt {label!r}: argument {key!r} must be a single value; prompt arguments are texts")
    handler = Handler(label, function, signature.is_async, signature.call_parameter, taken, seconds(timeout, of=label))
    return Prompt(name=label, title=title, description=text.description, handler=handler)
