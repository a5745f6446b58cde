"""Resources and prompts; the suite fixes their names and texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import Field

from plugwright import Complete, EmbeddedResource, Image, Message
from tests.conformance.samples import PIXEL


async def static_text() -> str:
    """A text that never changes."""
    return "This is the content of the static text resource."


async def static_binary() -> bytes:
    """A picture that never changes."""
    return PIXEL


async def watched_resource() -> str:
    """A text that clients may subscribe to."""
    return "This is the content of the watched resource."


async def template_data(id: str) -> dict[str, Any]:  # noqa: A002 - the suite's name
    """What belongs to one id."""
    return {"id": id, "templateTest": True, "data": f"Data for ID: {id}"}


async def test_simple_prompt() -> str:
    """A prompt without arguments."""
    return "This is a simple prompt for testing."


def first_arguments(value: str) -> list[str]:
    """Complete the first argument of the prompt below."""
    return [word for word in ("testValue1", "paris", "park", "party") if word.startswith(value)]


async def test_prompt_with_arguments(
    arg1: Annotated[str, Complete(first_arguments), Field(description="First test argument")],
    arg2: Annotated[str, Field(description="Second test argument")],
) -> str:
    """A prompt with two arguments."""
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


async def test_prompt_with_embedded_resource(
    resourceUri: Annotated[str, Field(description="Which resource to embed")],  # noqa: N803 - the suite's name
) -> list[Message]:
    """A prompt that brings a resource along."""
    resource = EmbeddedResource(resourceUri, text="Embedded resource content for testing.", mime_type="text/plain")
    return [Message("user", resource), Message("user", "Please process the embedded resource above.")]


async def test_prompt_with_image() -> list[Message]:
    """A prompt that brings a picture along."""
    picture = Image(data=PIXEL, mime_type="image/png")
    return [Message("user", picture), Message("user", "Please analyze the image above.")]


RESOURCES: Final[dict[str, tuple[str, Callable[..., Any]]]] = {
    "test://static-text": ("text/plain", static_text),
    "test://static-binary": ("image/png", static_binary),
    "test://watched-resource": ("text/plain", watched_resource),
    "test://template/{id}/data": ("application/json", template_data),
}

PROMPTS: Final = (
    test_simple_prompt,
    test_prompt_with_arguments,
    test_prompt_with_embedded_resource,
    test_prompt_with_image,
)
