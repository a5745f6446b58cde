"""Tools that answer without asking anything; the suite fixes their names and texts."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from plugwright import Audio, Call, CallError, EmbeddedResource, Image, Text
from tests.conformance.samples import PIXEL, silence

# The suite asks for a pause between notifications, so that they leave one by one.
PAUSE: Final = 0.05


async def test_simple_text() -> Text:
    """Answer one text."""
    return Text("This is a simple text response for testing.")


async def test_image_content() -> Image:
    """Answer one picture."""
    return Image(data=PIXEL, mime_type="image/png")


async def test_audio_content() -> Audio:
    """Answer one sound."""
    return Audio(data=silence(), mime_type="audio/wav")


async def test_embedded_resource() -> EmbeddedResource:
    """Answer one resource with its content."""
    return EmbeddedResource(
        "test://embedded-resource", text="This is an embedded resource content.", mime_type="text/plain"
    )


async def test_multiple_content_types() -> list[Text | Image | EmbeddedResource]:
    """Answer a text, a picture and a resource."""
    return [
        Text("Multiple content types test:"),
        Image(data=PIXEL, mime_type="image/png"),
        EmbeddedResource(
            "test://mixed-content-resource", text='{"test":"data","value":123}', mime_type="application/json"
        ),
    ]


async def test_error_handling() -> Text:
    """Fail in a way that the model may read."""
    raise CallError("This tool intentionally returns an error for testing")


async def test_tool_with_progress(*, call: Call) -> Text:
    """Report progress three times, then answer."""
    for done in (0, 50, 100):
        call.progress(done, 100, f"{done} of 100")
        await asyncio.sleep(PAUSE)
    return Text("Progress was reported three times.")


async def test_tool_with_logging(*, call: Call) -> Text:
    """Send three messages to the client, then answer."""
    for line in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        call.message("info", line)
        await asyncio.sleep(PAUSE)
    return Text("Three messages were sent.")


async def test_logging_tool(*, call: Call) -> Text:
    """Send one message, which only a client that asked for messages gets."""
    call.message("info", "This is for clients that set a log level")
    return Text("One message was offered.")


async def test_x_mcp_header(
    region: Annotated[str, Field(description="Also sent as a header", json_schema_extra={"x-mcp-header": "Region"})],
) -> Text:
    """Answer the argument that travels in a header as well."""
    return Text(f"Region: {region}")


class Address(BaseModel):
    """Where someone lives."""

    street: str | None = None
    city: str | None = None


SCHEMA_2020_12: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


async def json_schema_2020_12_tool(
    name: Annotated[str | None, Field(description="Whom to contact")] = None,
    address: Annotated[Address | None, Field(description="Where they live")] = None,
    contactMethod: Annotated[  # noqa: N803 - the suite's name
        Literal["phone", "email"] | None, Field(description="How to contact them")
    ] = None,
    phone: Annotated[str | None, Field(description="Needed for contact by phone")] = None,
    email: Annotated[str | None, Field(description="Needed for any other contact")] = None,
) -> Text:
    """Take what a schema with conditions, anchors and references describes."""
    given = (name, address, contactMethod, phone, email)
    return Text(f"{sum(value is not None for value in given)} of {len(given)} fields were given.")


TOOLS: Final = (
    test_simple_text,
    test_image_content,
    test_audio_content,
    test_embedded_resource,
    test_multiple_content_types,
    test_error_handling,
    test_tool_with_progress,
    test_tool_with_logging,
    test_logging_tool,
    test_x_mcp_header,
)
