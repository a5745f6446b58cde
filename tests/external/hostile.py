"""A plugin for hostile requests: nested input, lists, paths, tools, prompts and resources, all of it quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, JsonValue

from plugwright import Call, Plugin

plugin = Plugin(
    name="hostile",
    title="Hostile",
    summary="Takes whatever comes.",
    instructions="Use this in tests.",
    version="1.0.0",
    contact_email="support@example.com",
    legal_url="https://example.com/legal",
    logo=Path(__file__).parents[2] / "examples/weather/assets/logo.png",
)


@plugin.operation(effect="read", open_world=False)
async def add(number: int, other: float = 0.5) -> float:
    """Add two numbers."""
    return min(max(number, -(10**9)), 10**9) + other


@plugin.operation(effect="read", open_world=False, path="/find/{place}")
async def find(place: str, tags: Annotated[list[str] | None, Field(max_length=50)] = None) -> str:
    """Find a place."""
    return f"{place} {len(tags or [])}"


@plugin.operation(effect="read", open_world=False, method="POST")
async def take(data: JsonValue) -> str:
    """Take anything."""
    return type(data).__name__


@plugin.operation(effect="read", open_world=False, method="POST")
async def echo(texts: dict[str, list[int]]) -> dict[str, list[int]]:
    """Give back what is well formed."""
    return texts


@plugin.operation(effect="read", open_world=False)
async def tell(length: Annotated[int, Field(ge=0, le=90_000)]) -> str:
    """Tell much."""
    return "a" * length


@plugin.operation(effect="read", open_world=False)
async def slow(steps: Annotated[int, Field(ge=0, le=3)] = 1, *, call: Call) -> int:
    """Tell of every step."""
    for step in range(steps):
        call.progress(step + 1, message="going on")
    return steps


@plugin.prompt()
async def plan(city: str, days: int = 1) -> str:
    """Plan a trip."""
    return f"{city} for {min(days, 10)} days"


@plugin.resource("hostile://city/{number}")
async def city(number: int) -> dict[str, Any]:
    """A city."""
    return {"number": number}
