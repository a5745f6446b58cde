"""The same operation on FastAPI with nothing around it: no token, no CORS, no log line."""
# FastAPI is only in this subject's own environment, so the type checker does not know its types:
# pyright: basic

from typing import Annotated

from fastapi import FastAPI, HTTPException, Query  # pyright: ignore[reportMissingImports]  # see above
from work import Units, Weather, look_up

app = FastAPI(title="Weather")


@app.get("/weather")
async def get_weather(
    city: Annotated[str, Query(min_length=1, max_length=100, description="City name, e.g. Tokyo")],
    units: Annotated[Units, Query(description="Units of the temperature")] = "metric",
) -> Weather:
    """Current weather in a city."""
    weather = look_up(city, units)
    if weather is None:
        raise HTTPException(404, f"No city called {city!r}")
    return weather
