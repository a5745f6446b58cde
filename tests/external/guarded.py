"""A plugin whose operations are open, need sign-in, or take it where it is there."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from plugwright import Call, OAuth
from tests.web.plugins import new_plugin

plugin = new_plugin(auth=OAuth(scopes={"places:read": "See your places", "places:write": "Save places"}))
Place = Annotated[str, Field(min_length=1, max_length=50, description="A city")]


@plugin.operation(effect="read", open_world=False, path="/weather", public=True)
async def get_weather(city: Place) -> str:
    """Tell the weather."""
    return f"sunny in {city}"


@plugin.operation(effect="read", open_world=False, path="/places", scopes=["places:read"])
async def list_places(*, call: Call) -> list[str]:
    """List the places of whoever calls."""
    return [call.subject]


@plugin.operation(effect="write", open_world=False, path="/places", scopes=["places:read", "places:write"])
async def save_place(city: Place, *, call: Call) -> str:
    """Save a place."""
    return f"{city} of {call.subject}"


@plugin.operation(effect="read", open_world=False, path="/greeting", scopes=["places:read"], public=True)
async def greet(*, call: Call) -> str:
    """Greet whoever calls."""
    return "hello" if call.principal is None else f"hello {call.subject}"
