"""Inputs that arrive as texts (query strings, path and URI parameters, prompt arguments), turned into JSON.

The validator reads JSON and nothing else: an ``integer`` input's ``5`` becomes ``5``, a ``string`` input's ``5``
becomes ``"5"``. What has not the form of its type stays a string, and the validator says what is wrong with it.
"""

import re
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring as quoted

from plugwright.operations.inputs import Input
from plugwright.operations.schemas import Schema, item_schemas, wire_kinds

# Of bounded length: the JSON reader refuses longer ones without naming the field.
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,399})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,399})(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,4})?")

Encode = Callable[[str], str]


def text_encoders(taken: Input) -> dict[str, Encode]:
    """For each input, by its outside name, a function from a text to JSON; for a list, from the text of one item."""
    return {name: _encoder(schema, taken.schema) for name, schema in taken.properties.items()}


def texts_to_json(values: Mapping[str, str], encoders: Mapping[str, Encode]) -> str:
    """A JSON object of texts, each encoded by its input's encoder; unknown names stay strings."""
    members = [f"{quoted(name)}:{encoders.get(name, quoted)(value)}" for name, value in values.items()]
    return "{" + ",".join(members) + "}"


def _encoder(schema: Schema, root: Schema) -> Encode:
    kinds = wire_kinds(schema, root)
    if {"number", "string"} <= kinds and "integer" not in kinds:
        return quoted  # a Decimal, which is read from its text digit by digit
    if "array" in kinds:
        return _encoder({"anyOf": item_schemas(schema, root)}, root)
    forms: list[re.Pattern[str]] = []
    if "number" in kinds:
        forms.append(_NUMBER)
    elif "integer" in kinds:
        forms.append(_INTEGER)
    literals = frozenset({"true", "false"}) if "boolean" in kinds else frozenset[str]()
    if not forms and not literals:
        return quoted

    def encode(value: str) -> str:
        if value in literals or any(form.fullmatch(value) for form in forms):
            return value
        return quoted(value)

    return encode
