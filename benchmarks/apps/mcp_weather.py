"""The same operation as a tool of the `mcp` SDK's server: stateless HTTP, JSON replies."""

from typing import Annotated

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field
from work import Units, Weather, look_up

server = MCPServer("weather", log_level="WARNING")


@server.tool()
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


app = server.streamable_http_app(streamable_http_path="/mcp", stateless_http=True, json_response=True)
