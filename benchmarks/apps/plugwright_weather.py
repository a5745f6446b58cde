"""The same operation on Plugwright, served over REST and MCP with its default settings."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from work import Units, Weather, look_up

from plugwright import NotFound, OAuth, Plugin

City = Annotated[str, Field(min_length=1, max_length=100, description="City name, e.g. Tokyo")]
UnitsOfTemperature = Annotated[Units, Field(description="Units of the temperature")]


def weather_plugin(auth: OAuth | None = None) -> Plugin:
    """Make a plugin that has no operation yet."""
    return Plugin(
        name="weather",
        title="Weather",
        summary="Weather for any city.",
        instructions="Use this when the user asks about the weather in a city.",
        version="1.0.0",
        contact_email="support@example.com",
        legal_url="https://example.com/legal",
        logo=Path(__file__).with_name("logo.png"),
        auth=auth,
    )


async def get_weather(city: City, units: UnitsOfTemperature = "metric") -> Weather:
    """Current weather in a city."""
    weather = look_up(city, units)
    if weather is None:
        message = f"No city called {city!r}"
        raise NotFound(message)
    return weather


plugin = weather_plugin()
plugin.operation(effect="read", open_world=False, path="/weather")(get_weather)
app = plugin.asgi()
