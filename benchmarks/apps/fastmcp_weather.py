"""The same operation as a FastMCP tool: stateless HTTP, JSON replies."""

from typing import Annotated

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from pydantic import Field
from work import Units, Weather, look_up

server = FastMCP("weather")


@server.tool
async def get_weather(
    city: Annotated[str, Field(min_length=1, max_length=100, description="City name, e.g. Tokyo")],
    units: Annotated[Units, Field(description="Units of the temperature")] = "metric",
) -> Weather:
    """Current weather in a city."""
    weather = look_up(city, units)
    if weather is None:
        message = f"No city called {city!r}"
        raise ToolError(message)
    return weather


app = server.http_app(path="/mcp", stateless_http=True, json_response=True)
