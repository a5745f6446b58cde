"""The same operation on Starlette, with pydantic called by hand where FastAPI would call it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from work import Units, look_up


class Query(BaseModel):
    """What the operation takes."""

    model_config = ConfigDict(extra="forbid")

    city: Annotated[str, Field(min_length=1, max_length=100)]
    units: Units = "metric"


async def get_weather(request: Request) -> Response:
    """Current weather in a city."""
    try:
        query = Query.model_validate(dict(request.query_params))
    except ValidationError as error:
        return JSONResponse({"error": error.errors()[0]["msg"]}, status_code=400)
    weather = look_up(query.city, query.units)
    if weather is None:
        return JSONResponse({"error": f"No city called {query.city!r}"}, status_code=404)
    return Response(weather.model_dump_json(), media_type="application/json")


app = Starlette(routes=[Route("/weather", get_weather, methods=["GET"])])
