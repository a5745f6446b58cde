"""A plugin that knows its callers: open, protected and optional operations."""

from typing import Any

from plugwright import Call, OAuth, Plugin
from plugwright.auth.kinds import Auth
from tests.web.plugins import new_plugin

OAUTH = OAuth(scopes={"places:read": "See your places", "places:write": "Save places"})


def mixed(auth: Auth = OAUTH) -> Plugin:
    """Open, protected and optional operations."""
    plugin = new_plugin(auth=auth)
    guarded(plugin)

    @plugin.operation(effect="read", open_world=False, public=True)
    async def weather(city: str, *, call: Call) -> str:
        """Tell the weather."""
        return f"sunny in {city} for {call.principal}"

    @plugin.operation(effect="read", open_world=False, public=True, scopes=["places:read"])
    async def greet(*, call: Call) -> dict[str, Any]:
        """Greet whoever calls."""
        return {"subject": None if call.principal is None else call.subject}

    @plugin.operation(effect="read", open_world=False, public=True, scopes=["places:read"])
    async def insist(*, call: Call) -> str:
        """Ask for sign-in in the middle."""
        return call.subject

    return plugin


def protected(auth: Auth = OAUTH) -> Plugin:
    """A plugin where nothing is public."""
    plugin = new_plugin(auth=auth)
    guarded(plugin)

    @plugin.resource("places://{name}")
    async def place(name: str) -> str:
        """A place."""
        return name

    return plugin


def guarded(plugin: Plugin) -> None:
    """Operations that need sign-in."""

    @plugin.operation(effect="read", open_world=False, scopes=["places:read"])
    async def list_places(*, call: Call) -> dict[str, str]:
        """List your places."""
        assert call.principal is not None
        return {"subject": call.subject, "client": call.principal.client or ""}

    @plugin.operation(effect="write", open_world=False, scopes=["places:read", "places:write"])
    async def save_place(place: str) -> str:
        """Save a place."""
        return place
