"""JSON Schema 2020-12 as another program reads it."""

from typing import Any

from jsonschema import Draft202012Validator


def is_schema(schema: dict[str, Any]) -> bool:
    """Whether this is a schema at all."""
    Draft202012Validator.check_schema(schema)
    return True


def fits(schema: dict[str, Any], value: Any) -> bool:
    """Whether a value is valid under a schema."""
    return Draft202012Validator(schema).is_valid(value)  # pyright: ignore[reportUnknownMemberType] the package's types have holes
